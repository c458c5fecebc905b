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
    private var beginning: Beginning
    private var saved: FilePosition?
    /// It was read up to there when it was let go, and not by another process some time ago.
    private var savedIsRecent = false
    /// In the file before the current one: while the latter is empty, nothing else tells where we
    /// are, since an empty file cannot be told from any other.
    var before: RotationChain.Link?
    /// Positions in files that the path led to before, the oldest first.
    var left: [FilePosition] = []
    /// Oldest first; the last is what `path` named when it was looked at last.
    var files: [LogFile] = [] { didSet { release(oldValue) } }
    /// The youngest file that was read from; the position is in it.
    var current = 0
    private(set) var problem: FollowProblem?
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
            if file === files.last, let before, before.isCopied, file.beginsNow,
                insertCopies(before, before: file, now: now)
            {
                return .copyFound
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
                if restart(file, now: now, &consumer) { return .copyFound }
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
                guard adopt(file, now: now) else { continue }
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
    }

    // MARK: - Rotation

    /// Reads on up to `file`, which had the name when it was opened. False: it was rotated away and
    /// compressed meanwhile, so its lines may be among what was rotated before it, and nothing was
    /// done.
    func adopt(_ file: LogFile, now: Instant) -> Bool {
        if let last = files.last {
            guard last.identity != file.identity else { return true }
            if let index = files.firstIndex(where: { $0.identity == file.identity }) {
                comeBack(to: index, now: now)
                return true
            }
            // Empty when it was opened; its compressed form is known by what was written since.
            if last.isUntouched, last.isUnlinked { _ = last.mark() }
            let link = RotationChain.Link(position: last.position(path), isHeld: true)
            let chain = RotationChain.find(link, beside: path, live: file, for: self, now: now)
            guard !file.isUnlinked else { return false }
            last.lastGrowth = now
            goBack(file)
            files += (chain?.files.dropFirst() ?? []) + [file]
            gaveUp += chain?.gaps ?? 0
        } else if let saved {
            guard let resumed = resumed(file, at: saved, now: now) else { return false }
            self.saved = nil
            files = resumed
        } else {
            if beginning == .end { file.seekToLastLine(bound: Self.lineLimit) }
            files = [file]
        }
        beginning = .start
        generation += 1
        shorten(beside: file)
        return true
    }

    /// What is to be read on from `saved`, up to `file`; nil: as of `adopt`.
    private func resumed(_ file: LogFile, at saved: FilePosition, now: Instant) -> [LogFile]? {
        if file.matches(saved) {
            file.seek(to: saved.offset)
            return [file]
        }
        let link = RotationChain.Link(position: saved, isCopied: saved.isCopy ?? false)
        before = link
        goBack(file)
        // The path leads elsewhere now.
        if let place = saved.place, case .success(let moved) = LogFile.open(place, now: now),
            moved.matches(saved), !isTaken(moved.identity)
        {
            moved.place = place
            moved.seek(to: saved.offset)
            return [moved, file]
        }
        let chain = RotationChain.find(link, beside: path, live: file, for: self, now: now)
        guard !file.isUnlinked else { return nil }
        if let chain {
            chain.files.first?.seek(to: saved.offset)
            gaveUp += chain.gaps
            return chain.files + [file]
        }
        // What was written into it after it was read, nobody knows. Of a truncated one it is gone.
        if file.identity != LogFile.Identity(saved) {
            if !savedIsRecent { gaveUp += 1 }
            before = nil
        }
        return [file]
    }

    /// `file` was truncated: what was not read of it may be in a copy. Whether one was found.
    private func restart(
        _ file: LogFile, now: Instant, _ consumer: inout some LineConsumer
    ) -> Bool {
        let position = file.position(path)
        let isUnfinished = file.hasUnfinishedLine
        file.restart()
        if position.headLength > 0 {
            before = RotationChain.Link(position: position, isCopied: true)
        }
        consumer.beganFile()
        if file === files.last, let before, insertCopies(before, before: file, now: now) {
            return true
        }
        if isUnfinished { consumer.lostUnfinishedLine() }
        return false
    }

    /// Puts the copies that were made since `link` before `file`, which was truncated; false: there
    /// are none with anything new.
    private func insertCopies(
        _ link: RotationChain.Link, before file: LogFile, now: Instant
    ) -> Bool {
        guard let chain = RotationChain.find(link, beside: path, live: file, for: self, now: now)
        else {
            return false
        }
        chain.files.first?.seek(to: link.position.offset)
        gaveUp += chain.gaps
        current = files.count - 1
        files.insert(contentsOf: chain.files, at: current)
        generation += 1
        shorten(beside: file)
        return true
    }

    /// While nothing was written into a younger one, the writer may still have the oldest.
    private func retire(now: Instant, _ consumer: inout some LineConsumer) {
        while files.count > 1, current > 0, now - files[0].lastGrowth >= Self.grace,
            files.dropFirst().contains(where: { !$0.isUntouched || $0.hasContent })
        {
            files[0].abandon(&consumer)
            leave(files.removeFirst())
            current -= 1
        }
    }
}
