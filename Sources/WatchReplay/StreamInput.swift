// One log file of a stream, read as far as the merge has come.

import WatchCore
import WatchStreams

/// Confined to one thread.
final class StreamInput {
    /// So many lines at most make one batch: no more seconds than a batch may hold.
    private static let turn = BatchBuilder.secondsLimit

    let service: String
    let stream: String
    let path: String
    private let reader: RecordReader
    private var builder: BatchBuilder
    var tally = InputTally()
    /// Time of the next line that has one, nanoseconds; nil: there is none.
    private(set) var head: Int64?
    /// Time of the first line that has one.
    private(set) var first: Int64?
    /// The latest time read so far.
    private(set) var latest = Int64.min

    init(
        _ input: ReplayRequest.Input, _ configuration: StreamConfiguration
    ) throws(InputProblem) {
        service = input.service
        stream = input.signal
        path = input.path
        let parser = try Self.parser(configuration, input)
        builder = BatchBuilder(parser)
        reader = RecordReader(try ByteSources.open(path), parser.joiner)
        // Both clocks of a replay are the wall clock of its record, and nothing is early.
        let far = Int64.max / 2
        builder.begin(
            at: Moment(boot: Instant(nanoseconds: far), wall: WallTime(nanoseconds: far)))
        head = .min
        while read(before: .min) {}
        first = head
        guard head != nil || tally.lines == 0 || problem != nil else {
            let example = tally.firstUnparsed.map { "; line \($0.number) is: \($0.text)" } ?? ""
            throw InputProblem(
                path: path,
                text: "none of its \(tally.lines) lines is of the format of \(input.name) and "
                    + "carries a time\(example)")
        }
    }

    private static func parser(
        _ configuration: StreamConfiguration, _ input: ReplayRequest.Input
    ) throws(InputProblem) -> LineParser {
        do throws(LineRulesError) {
            return try LineParser(configuration)
        } catch {
            throw InputProblem(path: input.name, text: error.description)
        }
    }

    var source: any ByteSource { reader.lines.source }
    var problem: InputProblem? { reader.lines.problem }

    /// Takes lines up to the first that is not before `limit`; false: that one is reached, or the
    /// end.
    func read(before limit: Int64) -> Bool {
        guard head != nil else { return false }
        for _ in 0..<Self.turn {
            switch reader.next() {
            case .record(let line, let size):
                switch builder.consume(
                    line, head: size, before: limit, clock: latest == .min ? nil : latest)
                {
                case .counted(let time):
                    tally.lines += 1
                    if time > latest {
                        latest = time
                    } else if latest - time >= 1_000_000_000 {
                        tally.outOfOrder += 1
                    }
                case .unparsed: noteUnparsed(line)
                case .ignored: tally.lines += 1
                case .later(let time):
                    head = time
                    reader.unread()
                    return false
                }
            case .tooLong:
                tally.lines += 1
                tally.unparsed += 1
                builder.skippedLongLine()
            case .end:
                head = nil
                return false
            }
        }
        return true
    }

    private func noteUnparsed(_ line: UnsafeRawBufferPointer) {
        tally.lines += 1
        tally.unparsed += 1
        guard tally.firstUnparsed == nil else { return }
        let text = String(decoding: line.prefix(400), as: UTF8.self)
        tally.firstUnparsed = InputTally.Line(
            number: reader.number, text: printable(text, limit: 100))
    }

    /// What was taken since the last time; nil: nothing.
    func take() -> StreamBatch? {
        builder.isEmpty ? nil : builder.take(source: .reading)
    }
}
