// Sums lines up per second, in the stream's own thread, so that the engine is handed slices and
// not lines.

public import WatchCore

/// The one batch that waits to be handed over. Bounded: when it has `fullAt` different seconds it
/// is to be handed over, and lines of more than `secondsLimit` are dropped and counted.
public struct BatchBuilder: LineConsumer {
    /// Distinct seconds in one batch. What is read at once when it is full has room, too.
    public static let secondsLimit = 16_384
    /// From so many on it is full.
    public static let fullAt = 4096
    /// Lines further ahead of the clock are early.
    public static let aheadLimit = Duration.seconds(10)

    private let parser: LineParser
    /// Holds the lines of a record that is not finished yet; nil: each line is one.
    private let joiner: LineJoiner?
    /// Of the record that is held: when its first line was read, and what came with it.
    private var heldSince: Int64 = 0
    private var heldTime: Int64?
    private var heldLevel: LogLevel?
    /// When a line was added to it last.
    private var joinedAt: Int64 = 0
    private var line = ParsedLine()
    private var sums: [LineSums] = []
    private var batch = StreamBatch()
    private var slots: [Int64: Int] = [:]
    private var lastSecond = Int64.min
    private var lastSlot = 0
    /// Boot − wall, nanoseconds.
    private var offset: Int64 = 0
    private var latest: Int64 = 0
    private var now: Int64 = 0
    /// Lines that people are shown, and how many more of this second may become that.
    private var samples: [[UInt8]] = []
    private var samplesLeft = 0
    private var sampleSecond = Int64.min

    public init(_ parser: LineParser) {
        self.parser = parser
        joiner = parser.joiner
    }

    /// Lines from here on were read at `moment`; its clocks turn their time into boot time.
    public mutating func begin(at moment: Moment) {
        offset = moment.boot.nanoseconds &- moment.wall.nanoseconds
        now = moment.boot.nanoseconds
        latest = (moment.boot + Self.aheadLimit).nanoseconds
        guard moment.boot.second != sampleSecond else { return }
        sampleSecond = moment.boot.second
        samplesLeft = Evidence.linesOfStream
    }

    public var isFull: Bool { sums.count >= Self.fullAt }

    public var isEmpty: Bool {
        batch.lines == 0 && batch.losses == StreamBatch.Losses() && batch.turnedAway == nil
    }

    public mutating func consume(_ bytes: UnsafeRawBufferPointer) {
        if parser.isPlain {
            batch.lines += 1
            return consumePlain(bytes)
        }
        consume(bytes, time: nil, level: nil)
    }

    /// A line that came with a time (nanoseconds since 1970) and a level of its own, which count
    /// where its text has none.
    mutating func consume(_ bytes: UnsafeRawBufferPointer, time: Int64?, level: LogLevel?) {
        if let joiner { return join(bytes, joiner, time, level) }
        parser.outerLevel = level
        parser.parse(bytes, into: &line)
        count(bytes, time: time, readAt: now)
    }

    private mutating func count(
        _ bytes: UnsafeRawBufferPointer, time: Int64?, readAt: Int64
    ) {
        batch.lines += 1
        if line.outcome == .unparsed { batch.losses.unparsed += 1 }
        guard line.counts else { return }
        let time = (line.time ?? time).map { $0 &+ offset } ?? readAt
        guard time <= latest else { return noteEarly(time) }
        if line.isError || line.patterns != 0, samplesLeft > 0 { sample(bytes) }
        add(at: time)
    }

    private mutating func noteEarly(_ time: Int64) {
        batch.losses.early += 1
        batch.earlyBy = .nanoseconds(time &- now)
    }

    // MARK: - Records of several lines

    /// Lines that were consumed and are in no batch yet.
    struct Held: Hashable {
        var lines = 0
        /// With their newlines.
        var bytes = 0
    }

    var joinsLines: Bool { joiner != nil }
    /// Records of several lines that were begun.
    private(set) var recordsBegun = 0

    var held: Held { Held(lines: joiner?.lines ?? 0, bytes: joiner?.size ?? 0) }

    /// How long a record may still be held; nil: none is.
    var patience: Duration? {
        guard let joiner, !joiner.isEmpty else { return nil }
        return joiner.wait - .nanoseconds(now &- joinedAt)
    }

    private mutating func join(
        _ bytes: UnsafeRawBufferPointer, _ joiner: LineJoiner, _ time: Int64?, _ level: LogLevel?
    ) {
        if !joiner.joins(bytes) {
            finishRecord()
            recordsBegun += 1
            (heldSince, heldTime, heldLevel) = (now, time, level)
        }
        joiner.add(bytes)
        joinedAt = now
    }

    /// Counts the record that is held: nothing can be added to it any more.
    mutating func finishRecord() {
        guard let joiner, !joiner.isEmpty else { return }
        parser.outerLevel = heldLevel
        parser.parse(record: joiner.record, head: joiner.head, into: &line)
        count(joiner.record, time: heldTime, readAt: heldSince)
        joiner.clear()
    }

    /// The same, if nothing was added to it for as long as its rule waits.
    mutating func finishRecordIfDue() {
        if let patience, patience <= .zero { finishRecord() }
    }

    /// Senders that were not let in.
    mutating func note(_ turnedAway: StreamBatch.TurnedAway) {
        batch.turnedAway = turnedAway + batch.turnedAway
    }

    /// Lines that were lost before they came here.
    mutating func lost(_ count: Int) { batch.losses.dropped += count }

    /// Of a flood of errors the first few of each second tell as much as all of them.
    private mutating func sample(_ bytes: UnsafeRawBufferPointer) {
        samplesLeft -= 1
        samples.append(Array(bytes.prefix(Evidence.lineSize)))
    }

    private mutating func consumePlain(_ bytes: UnsafeRawBufferPointer) {
        guard let fields = parser.plain(bytes) else {
            batch.losses.unparsed += 1
            return
        }
        let time = fields.time.map { $0 &+ offset } ?? now
        guard time <= latest else { return noteEarly(time) }
        if samplesLeft > 0, parser.isError(fields) { sample(bytes) }
        add(fields, at: time)
    }

    @inline(__always)
    private mutating func add(_ fields: LogLine, at time: Int64) {
        guard let slot = slot(of: time.flooredDivision(by: 1_000_000_000)) else {
            batch.losses.dropped += 1
            return
        }
        sums[slot].add(isError: parser.isError(fields), latency: fields.latency)
    }

    /// What became of a line of a record: see `consume(_:before:clock:)`.
    public enum Taken: Hashable, Sendable {
        /// It counts, at this time in nanoseconds of `CLOCK_BOOTTIME`.
        case counted(Int64)
        case unparsed, ignored
        /// It belongs to this later time, and nothing was counted.
        case later(Int64)
    }

    /// As `consume`, for replays, where the lines themselves tell the time: takes only a line from
    /// before `limit` (nanoseconds of `CLOCK_BOOTTIME`). One without a time of its own is of
    /// `clock`; without that, too, it is unparsed.
    /// - Parameter head: bytes of the first line of a record of several.
    public mutating func consume(
        _ bytes: UnsafeRawBufferPointer, head: Int? = nil, before limit: Int64, clock: Int64?
    ) -> Taken {
        if parser.isPlain { return consumePlain(bytes, before: limit, clock: clock) }
        parser.parse(record: bytes, head: head ?? bytes.count, into: &line)
        let own = line.time.map { $0 &+ offset }
        if line.counts, let own, own >= limit { return .later(own) }
        batch.lines += 1
        if line.outcome == .unparsed { batch.losses.unparsed += 1 }
        guard line.counts, let time = own ?? clock else {
            if line.outcome == .counted { batch.losses.unparsed += 1 }
            return line.outcome == .ignored ? .ignored : .unparsed
        }
        add(at: time)
        return line.outcome == .unparsed ? .unparsed : .counted(time)
    }

    private mutating func consumePlain(
        _ bytes: UnsafeRawBufferPointer, before limit: Int64, clock: Int64?
    ) -> Taken {
        guard let fields = parser.plain(bytes) else {
            batch.lines += 1
            batch.losses.unparsed += 1
            return .unparsed
        }
        let own = fields.time.map { $0 &+ offset }
        if let own, own >= limit { return .later(own) }
        batch.lines += 1
        guard let time = own ?? clock else {
            batch.losses.unparsed += 1
            return .unparsed
        }
        add(fields, at: time)
        return .counted(time)
    }

    private mutating func add(at time: Int64) {
        guard let slot = slot(of: time.flooredDivision(by: 1_000_000_000)) else {
            batch.losses.dropped += 1
            return
        }
        parser.add(line, to: &sums[slot])
    }

    /// What is held is of before: where it began must not be told by what came after it.
    public mutating func skippedLongLine() {
        finishRecord()
        batch.lines += 1
        batch.losses.tooLong += 1
    }

    public mutating func lostUnfinishedLine() {
        finishRecord()
        batch.lines += 1
        batch.losses.unparsed += 1
    }

    public mutating func beganFile() { finishRecord() }

    public mutating func gaveUpFile() { batch.losses.dropped += 1 }

    /// What was gathered, oldest second first; begins the next batch.
    public mutating func take(source: StreamBatch.Source) -> StreamBatch {
        var taken = batch
        taken.slices = slots.map { parser.slice(sums[$0.value], second: $0.key) }
        taken.slices.sort { $0.second < $1.second }
        taken.source = source
        taken.samples = samples.map {
            printable(
                String(decoding: $0, as: UTF8.self).split(separator: "\n").joined(separator: " ↵ "),
                limit: Evidence.lineSize)
        }
        samples.removeAll()
        batch = StreamBatch()
        parser.renewRoutes()
        sums.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
        lastSecond = .min
        return taken
    }

    private mutating func slot(of second: Int64) -> Int? {
        if second == lastSecond { return lastSlot }
        if let slot = slots[second] {
            lastSlot = slot
        } else {
            guard sums.count < Self.secondsLimit else { return nil }
            lastSlot = sums.count
            slots[second] = lastSlot
            sums.append(LineSums())
        }
        lastSecond = second
        return lastSlot
    }
}
