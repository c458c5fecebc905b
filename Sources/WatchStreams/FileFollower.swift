// Follows one log through every kind of rotation. A plain value of facts and one step: whoever
// calls `poll` says what time it is, so each race of a rotation is an ordinary test.

import Glibc
public import WatchCore

/// Reads the lines that are appended to a file.
///
/// - Renamed (`logrotate create`, nginx `USR1`): the old file is read to its end, then whatever was
///   rotated in between, then the new file from 0. The old one stays open until it did not grow for
///   `grace`, since its writer reopens later than the name changes.
/// - Truncated (`copytruncate`), also when it grew again meanwhile: what was not read yet in the
///   copy of it, if there is one, then the file from 0.
/// - Gone: waited for, and unreadable once it was gone and silent for `grace`.
///
/// What was rotated may be compressed with gzip, and is found by the hash of its head.
///
/// Without a saved position it starts at the end of a file that is there, or at the begin of one
/// that appears later. Confined to one thread.
public final class FileFollower {
    /// Longer lines are skipped and counted.
    public static let lineLimit = 64 * 1024
    /// Bytes read in one `poll`, about.
    public static let turnLimit = 4 << 20
    public static let grace = Duration.seconds(5)
    /// Files open at once; of more rotated ones the oldest are given up, and counted.
    static let openLimit = 256
    /// Files that the path may come back to.
    static let leftLimit = 8
    private static let chunk = 256 * 1024
    private static let restartLimit = 4
    /// So often the path is opened again at once when what it named is rotated away meanwhile.
    private static let lookLimit = 4

    /// Where to begin in a file that was never followed.
    public enum Beginning: Sendable {
        case end, start
    }

    public struct Outcome: Hashable, Sendable {
        public var bytes = 0
        /// The turn ended before the file did.
        public var hasMore = false
    }

    public let path: String
    var beginning: Beginning
    var saved: FilePosition?
    /// It was read up to there when it was let go, and not by another process some time ago.
    var savedIsRecent = false
    /// In the file before the current one: while the latter is empty, nothing else tells where we
    /// are, since an empty file cannot be told from any other.
    var before: RotationChain.Link?
    /// Positions in files that the path led to before, the oldest first.
    var left: [FilePosition] = []
    /// Oldest first; the last is what `path` named when it was looked at last.
    var files: [LogFile] = [] { didSet { release(oldValue) } }
    /// The youngest file that was read from; the position is in it.
    var current = 0
    var problem: FollowProblem?
    /// The current file was truncated, and whether there is a copy of what was in it could not be
    /// told yet: nothing of it is read before. Whether a line was begun.
    var owesCopies: Bool?
    private var goneSince: Instant?
    var gaveUp = 0
    /// The file whose lines were handed on last; nil: none, or one of another follower.
    private var fed: LogFile.Identity?
    weak var family: (any FollowerFamily)?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: FileFollower.lineLimit + FileFollower.chunk, alignment: 16)

    public convenience init(
        path: String, position: FilePosition? = nil, beginning: Beginning = .end
    ) {
        self.init(path: path, position: position, isRecent: false, beginning: beginning)
    }

    /// `isRecent`: the file of the position was read to its end when it was let go.
    init(path: String, position: FilePosition?, isRecent: Bool, beginning: Beginning) {
        self.path = path
        savedIsRecent = isRecent
        self.beginning = beginning
        saved = position?.path == path ? position : nil
        left = saved?.left ?? []
    }

    deinit { buffer.deallocate() }

    public var source: StreamBatch.Source {
        guard let problem, files.isEmpty || !problem.isAbsence else { return .reading }
        return .unreadable(problem.sentence(path))
    }

    /// Where the first line begins that was not handed on yet.
    public var position: FilePosition? {
        guard var position = currentPosition else { return nil }
        position.left = leftBesides(position)
        return position
    }

    private var currentPosition: FilePosition? {
        guard files.indices.contains(current) else { return saved }
        let file = files[current]
        if owesCopies != nil, file === files.last, let before { return before.position }
        if file.head.length == 0, let before {
            // It may still be written into.
            let old = current > 0 ? files[current - 1] : nil
            return old.map { $0.head.length > 0 ? $0.position(path) : before.position }
                ?? before.position
        }
        return file.position(path)
    }

    /// Lines of another follower were handed on meanwhile.
    func noteOtherLines() { fed = nil }

    /// Descriptors to wait at; others when `generation` is another.
    var descriptors: [Int32] { files.map(\.descriptor) }
    var generation = 0

    /// Looks at what the path names, and reads what was appended, up to a turn.
    public func poll(now: Instant, into consumer: inout some LineConsumer) -> Outcome {
        look(now: now)
        for _ in 0..<gaveUp { consumer.gaveUpFile() }
        gaveUp = 0
        var outcome = Outcome()
        var index = 0
        while index < files.count {
            let bytes = outcome.bytes
            let drained = drainInTurn(index, now: now, &outcome, &consumer)
            // The position is in a younger file, and says nothing of a record of this one.
            if index < current, outcome.bytes > bytes { consumer.beganFile() }
            switch drained {
            case .turnIsOver: return outcome
            // In its place there is a copy now of what was in it.
            case .copyFound:
                index = current
                continue
            case .fileIsRead: break
            }
            if index == current, index + 1 < files.count {
                goOn(&consumer)
                if current == index { continue }
            }
            index += 1
        }
        retire(now: now, &consumer)
        return outcome
    }

    /// The current file is read: the next one is.
    private func goOn(_ consumer: inout some LineConsumer) {
        let file = files[current]
        if file.head.length > 0 {
            before = RotationChain.Link(position: file.position(path), isCopied: file.isCopy)
        }
        if file.isFinal {
            file.abandon(&consumer)
            files.remove(at: current)
            generation += 1
        } else {
            current += 1
        }
        consumer.beganFile()
    }

    private enum Drained {
        case fileIsRead, turnIsOver, copyFound
    }

    /// Reads a file to its end. One of which nothing was read yet is read when it has something,
    /// and then the one before it is read once more: who wrote the first line of this one is done
    /// with that one, and the position, which may be stored after this turn, is in this one.
    private func drainInTurn(
        _ index: Int, now: Instant, _ outcome: inout Outcome,
        _ consumer: inout some LineConsumer
    ) -> Drained {
        let file = files[index]
        if index > 0, file.isUntouched {
            guard file.hasContent else { return .fileIsRead }
            let drained = drain(files[index - 1], now: now, &outcome, &consumer)
            guard case .fileIsRead = drained else { return drained }
        }
        return drain(file, now: now, &outcome, &consumer)
    }

    /// Reads `file` to its end.
    private func drain(
        _ file: LogFile, now: Instant, _ outcome: inout Outcome,
        _ consumer: inout some LineConsumer
    ) -> Drained {
        var restarts = 0
        while true {
            guard outcome.bytes < Self.turnLimit, restarts < Self.restartLimit,
                !consumer.isFull
            else {
                outcome.hasMore = true
                return .turnIsOver
            }
            // Empty when it was looked at last: it may have been written and truncated meanwhile.
            if file === files.last, let before, before.isCopied,
                owesCopies != nil || file.beginsNow
            {
                guard let isFound = insertCopies(before, before: file, now: now) else {
                    owesCopies = owesCopies ?? false
                    return .turnIsOver
                }
                if owesCopies ?? false, !isFound { consumer.lostUnfinishedLine() }
                owesCopies = nil
                if isFound { return .copyFound }
            }
            switch file.step(buffer, into: &consumer, after: &fed) {
            case .read(let count):
                outcome.bytes += count
                file.lastGrowth = now
            case .end: return .fileIsRead
            case .truncated where file.isCopy:
                consumer.gaveUpFile()
                return .fileIsRead
            case .truncated:
                restarts += 1
                switch restart(file, now: now, &consumer) {
                case .some(true): return .copyFound
                case .some(false): break
                case nil: return .turnIsOver
                }
            case .failed(let code):
                // ESTALE: the server forgot the handle. The name is opened anew at the next step.
                letGo()
                problem = FollowProblem(code: code)
                return .turnIsOver
            }
        }
    }

    /// Finds out what the path names now.
    func look(now: Instant) {
        // One after the other.
        if owesCopies != nil, !files.isEmpty {
            problem = nil
            return
        }
        var status = stat()
        if stat(path, &status) == 0 {
            let identity = LogFile.Identity(status)
            if let last = files.last, last.identity == identity {
                problem = nil
                goneSince = nil
                return
            }
            // As if the name were free: whoever reads the file goes on.
            if isTaken(identity) { return miss(FollowProblem(.gone), now: now) }
        }
        for _ in 0..<Self.lookLimit {
            switch LogFile.open(path, now: now) {
            case .success(let file):
                guard !isTaken(file.identity) else { continue }
                file.place = RotatedFiles.place(of: path)
                family?.goOn(in: file)
                do throws(FollowProblem) {
                    guard try adopt(file, now: now) else { continue }
                } catch {
                    // What lies between is looked for when it can be. The one that is held is
                    // read on.
                    problem = error
                    return
                }
                problem = nil
                goneSince = nil
                return
            case .failure(let failure): return miss(failure, now: now)
            }
        }
    }

    private func miss(_ failure: FollowProblem, now: Instant) {
        guard failure.isAbsence else {
            problem = failure
            return
        }
        guard let last = files.last else {
            if saved == nil { beginning = .start }
            if problem?.isAbsence != true { problem = failure }
            return
        }
        problem = failure
        let since = goneSince ?? now
        goneSince = since
        if now - since >= Self.grace, now - last.lastGrowth >= Self.grace {
            letGo()
            problem = FollowProblem(.gone)
        }
    }

    /// Closes all files, to be found again by the position.
    private func letGo() {
        saved = position
        left = saved?.left ?? []
        savedIsRecent = true
        files = []
        current = 0
        owesCopies = nil
    }
}
