// The output of a program as a stream, as of `kubectl logs -f`: started, read, and started again
// when it ends, ever more seldom while it ends at once.

import Glibc
import WatchCore

/// A line is a line of its standard output; while nobody reads, its pipe fills and it waits, so
/// nothing is dropped. What it complains of on standard error is the reason when it ends. While it
/// does not run, the stream is unreadable, and started again it is so until it has printed
/// something or has lived for a while: one that ends at once is not read in between. It has no
/// position: it is told by its arguments where to begin.
final class CommandSource: LogSource {
    /// Bytes read in one turn, about.
    static let turnLimit = 4 << 20
    static let firstPause = Duration.seconds(1)
    static let longestPause = Duration.minutes(1)
    /// After so long it did not end at once.
    static let steady = Duration.minutes(1)
    /// Without an output it is given so long to end, and after an earlier end so long to live until
    /// it counts as running.
    static let grace = Duration.seconds(1)
    private static let chunk = 64 * 1024

    private let arguments: [String]
    private var program: FollowedProgram?
    private var splitter = LineSplitter()
    private var problem: String?
    private var started = Instant.seconds(0)
    private var startAt: Instant?
    private var silentSince: Instant?
    private var pause = CommandSource.firstPause
    private var now = Instant.seconds(0)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: CommandSource.chunk, alignment: 16)

    init(_ arguments: [String]) { self.arguments = arguments }

    deinit { buffer.deallocate() }

    var source: StreamBatch.Source { problem.map { .unreadable($0) } ?? .reading }
    func position(before held: BatchBuilder.Held) -> StreamPosition? { nil }
    var descriptors: [Int32] { program?.descriptors ?? [] }
    var patience: Duration? {
        (startAt ?? (silentSince ?? unprovenSince).map { $0 + Self.grace }).map { $0 - now }
    }
    /// When it was started, and it is not known yet whether that will do.
    private var unprovenSince: Instant? { problem != nil && isRunning ? started : nil }
    var isRunning: Bool { program != nil }

    func look(now moment: Moment) {
        now = moment.boot
        guard program == nil, startAt.map({ now >= $0 }) ?? true else { return }
        startAt = nil
        do throws(FollowedProgram.Failure) {
            program = try FollowedProgram(arguments)
            splitter = LineSplitter()
            silentSince = nil
            started = now
        } catch {
            again(error.message)
        }
    }

    func poll(now moment: Moment, into builder: inout BatchBuilder) -> Bool {
        look(now: moment)
        guard let program else { return false }
        program.listen()
        // Asked before its output is read: what it printed last is there by then.
        var ending = program.ended()
        if let since = silentSince, now - since >= Self.grace { ending = ending ?? program.end() }
        let hasMore = read(program, &builder)
        guard let ending else {
            if program.isSilent {
                if silentSince == nil { silentSince = now }
            } else if now - started >= Self.grace {
                problem = nil
            }
            return hasMore
        }
        splitter.end(into: &builder)
        builder.finishRecord()
        program.listen()
        let complaint = program.complaint
        self.program = nil
        again(Self.sentence(arguments.first ?? "", ending), complaint)
        return false
    }

    /// Whether the turn ended before the output did.
    private func read(_ program: FollowedProgram, _ builder: inout BatchBuilder) -> Bool {
        var bytes = 0
        while bytes < Self.turnLimit, !builder.isFull {
            guard case .bytes(let count) = program.read(into: buffer) else { return false }
            bytes += count
            problem = nil
            splitter.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), into: &builder)
        }
        return true
    }

    func close() { program = nil }

    private static func sentence(_ path: String, _ ending: FollowedProgram.Ending) -> String {
        let name = printable(path, limit: 200)
        switch ending {
        case .exited(let status): return "\(name) ended with exit status \(status)"
        case .signalled(let signal): return "\(name) was killed by signal \(signal)"
        case .closedOutput: return "\(name) closed its output, and was ended"
        }
    }

    private func again(_ what: String, _ complaint: String = "") {
        if now - started >= Self.steady { pause = Self.firstPause }
        startAt = now + pause
        problem =
            what + (complaint.isEmpty ? "" : ": \(complaint)")
            + "; watchd starts it again in \(pause.text)"
        pause = Swift.min(Self.longestPause, pause + pause)
    }
}
