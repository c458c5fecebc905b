// What a stream's thread asks of the place where lines come from; all else (when to look, what to
// hand over and when) is the same for every kind.

import WatchCore

/// Made and used on the stream's thread alone.
protocol LogSource: AnyObject {
    /// Whether it can be read.
    var source: StreamBatch.Source { get }
    /// Up to where lines are in the batches handed over so far, of which those that are held are
    /// not; nil: it knows no position.
    func position(before held: BatchBuilder.Held) -> StreamPosition?
    /// Descriptors to wait at besides the waker's own.
    var descriptors: [Int32] { get }
    /// Whether it is to be read at once, and not only when something is due to be handed over:
    /// what waits too long is lost.
    var isUrgent: Bool { get }
    /// Lines were taken from whoever sent them, and not read yet: nobody has them but us.
    var holdsLines: Bool { get }
    /// How long to wait at most when nothing happens; nil: the usual interval.
    var patience: Duration? { get }

    /// The first look: after it `source` and `position` are known, and nothing was read.
    func look(now: Moment)
    /// Reads a bounded turn of what is there; whether there is more.
    func poll(now: Moment, into builder: inout BatchBuilder) -> Bool
    /// Has the waker watch what is new since the last call; whether anything was, so that what
    /// happened before is looked for once more.
    func watch(with waker: Waker) -> Bool
    /// No more is asked of it.
    func close()
}

extension LogSource {
    var descriptors: [Int32] { [] }
    var isUrgent: Bool { false }
    var holdsLines: Bool { false }
    var patience: Duration? { nil }
    func watch(with waker: Waker) -> Bool { false }
    func close() {}
}

/// A log file and its rotation.
final class FileSource: LogSource {
    private let follower: FileFollower
    private var watched = -1

    init(path: String, position: FilePosition?, beginning: FileFollower.Beginning) {
        follower = FileFollower(path: path, position: position, beginning: beginning)
    }

    var source: StreamBatch.Source { follower.source }

    func position(before held: BatchBuilder.Held) -> StreamPosition? {
        guard var position = follower.position else { return nil }
        // What is held is of one file: the end of a file finishes its record.
        position.offset = Swift.max(0, position.offset - Int64(held.bytes))
        return .file(position)
    }

    func look(now: Moment) { follower.look(now: now.boot) }

    func poll(now: Moment, into builder: inout BatchBuilder) -> Bool {
        follower.poll(now: now.boot, into: &builder).hasMore
    }

    func watch(with waker: Waker) -> Bool {
        guard watched != follower.generation else { return false }
        watched = follower.generation
        waker.watch(path: follower.path, descriptors: follower.descriptors)
        return true
    }
}
