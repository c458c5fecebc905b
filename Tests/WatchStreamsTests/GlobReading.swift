// A pattern that is looked at step by step.

import Glibc
import Testing
import WatchCore

@testable import WatchStreams

/// A source and what it read, with a clock that is moved by hand.
final class GlobReading {
    let source: GlobSource
    var builder: BatchBuilder
    var seconds = 1000.0
    /// That is wanted.
    var losesNothing = true
    /// What the files' own times are compared with.
    let wall: Int64

    init(
        _ pattern: String, position: FilesPosition? = nil,
        beginning: FileFollower.Beginning = .end, format: String = "$status", wall: Int64? = nil
    ) throws {
        var stream = StreamConfiguration(
            name: "app", kind: .files(pattern: pattern), format: .nginx(format))
        stream.countsRoutes = false
        builder = BatchBuilder(try LineParser(stream))
        source = GlobSource(pattern: pattern, position: position, beginning: beginning)
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        self.wall = wall ?? Int64(time.tv_sec) * 1_000_000_000
    }

    /// Lines that were read `after` so many seconds.
    func poll(after: Double = 2) -> Int {
        seconds += after
        let moment = Moment(
            boot: Instant(nanoseconds: Int64(seconds * 1e9)),
            wall: WallTime(nanoseconds: wall))
        builder.begin(at: moment)
        while source.poll(now: moment, into: &builder) {}
        let batch = builder.take(source: source.source)
        if losesNothing { #expect(batch.losses == .init()) }
        return batch.lines
    }

    var position: FilesPosition? { source.position(before: .init())?.files }

    var reason: String {
        if case .unreadable(let why) = source.source { why } else { "" }
    }
}
