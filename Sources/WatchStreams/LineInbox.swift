// Where received lines wait for their stream's thread: bounded, and whoever puts something in never
// waits.

import Glibc
import Synchronization
public import WatchCore
public import WatchSystem

/// Lines that came together, in one piece of memory.
public struct ReceivedLines: Sendable {
    struct Entry: Sendable {
        var start: Int
        var count: Int
        /// Nanoseconds since 1970.
        var time: Int64?
        var level: LogLevel?
    }

    private(set) var bytes: [UInt8] = []
    private(set) var entries: [Entry] = []
    /// Longer than the bound of a line.
    public private(set) var tooLong = 0
    /// Not what a sender should send.
    public var broken = 0

    public init() {}

    public var isEmpty: Bool { entries.isEmpty && tooLong == 0 && broken == 0 }
    public var count: Int { entries.count + tooLong + broken }
    /// Bytes that it takes in an inbox, about.
    public var size: Int { bytes.count + count * MemoryLayout<Entry>.stride }

    public mutating func add(
        _ line: UnsafeRawBufferPointer, time: Int64? = nil, level: LogLevel? = nil
    ) {
        guard line.count <= LineParser.lineLimit else {
            tooLong += 1
            return
        }
        entries.append(Entry(start: bytes.count, count: line.count, time: time, level: level))
        bytes.append(contentsOf: line)
    }

    public mutating func addTooLong() { tooLong += 1 }
}

public final class LineInbox: Sendable {
    /// What can be wrong with receiving, each for itself.
    public enum Matter: Int, Sendable, CaseIterable {
        case listening, secrets
    }

    /// Bytes that wait, about.
    public static let limit = 16 << 20

    private struct State {
        var waiting: [ReceivedLines] = []
        var size = 0
        var dropped = 0
        var turnedAway: StreamBatch.TurnedAway?
        var problems: [Matter: String] = [:]
    }

    private let state = Mutex(State())
    /// Readable while something waits.
    let descriptor: Int32
    private let bell: Int32

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError("create a pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (descriptor, bell) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(bell)
    }

    /// False: there is no room, and nothing was taken.
    public func put(_ lines: ReceivedLines) -> Bool { put(lines, within: Self.limit) }

    /// What a sender left behind that is gone and cannot be made to wait: there is as much room
    /// again for that. What finds none there either is dropped and counted.
    public func putLast(_ lines: ReceivedLines) {
        if !put(lines, within: 2 * Self.limit) { drop(lines.count) }
    }

    private func put(_ lines: ReceivedLines, within limit: Int) -> Bool {
        let (isTaken, isFirst) = state.withLock { state in
            guard state.size + lines.size <= limit else { return (false, false) }
            state.waiting.append(lines)
            state.size += lines.size
            return (true, state.waiting.count == 1)
        }
        if isFirst { ring() }
        return isTaken
    }

    /// The same; what there is no room for is dropped and counted.
    @discardableResult
    public func putOrDrop(_ lines: ReceivedLines) -> Bool {
        if put(lines) { return true }
        drop(lines.count)
        return false
    }

    /// Lines, about so many, were refused.
    public func drop(_ count: Int) {
        state.withLock { $0.dropped += count }
        ring()
    }

    /// A sender was not let in: why.
    public func turnAway(_ why: String) {
        state.withLock {
            let count = $0.turnedAway?.count ?? 0
            $0.turnedAway = StreamBatch.TurnedAway(count: count + 1, why: why)
        }
        ring()
    }

    /// Why nothing can be received; nil: it can.
    public func report(_ problem: String?, of matter: Matter = .listening) {
        state.withLock { $0.problems[matter] = problem }
        ring()
    }

    private func ring() {
        var one: UInt8 = 1
        _ = write(bell, &one, 1)
    }

    var problem: String? {
        state.withLock { state in Matter.allCases.compactMap { state.problems[$0] }.first }
    }

    var hasLines: Bool { state.withLock { !$0.waiting.isEmpty } }

    func take() -> (lines: [ReceivedLines], dropped: Int, turnedAway: StreamBatch.TurnedAway?) {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            _ = read(descriptor, buffer.baseAddress, buffer.count)
        }
        return state.withLock { state in
            defer {
                state.waiting = []
                state.size = 0
                state.dropped = 0
                state.turnedAway = nil
            }
            return (state.waiting, state.dropped, state.turnedAway)
        }
    }
}

/// Fills the inbox of a stream.
public protocol LineReceiver: Sendable {
    func start()
    /// When this returns, nothing more comes.
    func stop()
}

/// What was received, as a stream.
final class InboxSource: LogSource {
    private let inbox: LineInbox
    /// Taken out, and not read yet.
    private var rest: ArraySlice<ReceivedLines> = []

    init(_ inbox: LineInbox) { self.inbox = inbox }

    var source: StreamBatch.Source { inbox.problem.map { .unreadable($0) } ?? .reading }
    var descriptors: [Int32] { [inbox.descriptor] }

    var holdsLines: Bool { !rest.isEmpty || inbox.hasLines }

    func position(before held: BatchBuilder.Held) -> StreamPosition? { nil }

    func look(now: Moment) {}

    func poll(now: Moment, into builder: inout BatchBuilder) -> Bool {
        if rest.isEmpty {
            let (received, dropped, turnedAway) = inbox.take()
            if dropped > 0 { builder.lost(dropped) }
            if let turnedAway { builder.note(turnedAway) }
            rest = received[...]
        }
        defer { if rest.isEmpty { rest = [] } }
        while !builder.isFull, let lines = rest.popFirst() {
            lines.bytes.withUnsafeBytes { bytes in
                for entry in lines.entries {
                    let line = UnsafeRawBufferPointer(
                        rebasing: bytes[entry.start..<entry.start + entry.count])
                    builder.consume(line, time: entry.time, level: entry.level)
                }
            }
            for _ in 0..<lines.tooLong { builder.skippedLongLine() }
            for _ in 0..<lines.broken { builder.lostUnfinishedLine() }
        }
        return holdsLines
    }
}
