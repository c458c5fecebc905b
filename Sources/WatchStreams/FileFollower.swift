// Follows one log through every kind of rotation. A plain value of facts and one step: whoever
// calls `poll` says what time it is, so each race of a rotation is an ordinary test.

import Glibc
public import WatchCore

/// Reads the lines that are appended to a file.
///
/// - Renamed (`logrotate create`, nginx `USR1`): the old file is read to its end, then whatever was
///   rotated in between, then the new file from 0. The old one stays open until it did not grow for
///   `grace`, since its writer reopens later than the name changes.
/// - Truncated (`copytruncate`), also when it grew again meanwhile: from 0.
/// - Gone: waited for, and unreadable once it was gone and silent for `grace`.
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
    static let openLimit = 64
    private static let chunk = 256 * 1024
    private static let restartLimit = 4

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
    /// Oldest first; the last is what `path` named when it was looked at last.
    private var files: [LogFile] = []
    /// The youngest file that was read from; the position is in it.
    private var current = 0
    private var problem: FollowProblem?
    private var goneSince: Instant?
    private var gaveUp = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: FileFollower.lineLimit + FileFollower.chunk, alignment: 16)

    public init(
        path: String, position: FilePosition? = nil, beginning: Beginning = .end
    ) {
        self.path = path
        self.beginning = beginning
        saved = position?.path == path ? position : nil
    }

    deinit { buffer.deallocate() }

    public var source: StreamBatch.Source {
        guard let problem, files.isEmpty || !problem.isAbsence else { return .reading }
        return .unreadable(problem.sentence(path))
    }

    /// Where the first line begins that was not handed on yet.
    public var position: FilePosition? {
        guard files.indices.contains(current) else { return saved }
        let file = files[current]
        return FilePosition(
            path: path, device: file.identity.device, inode: file.identity.inode,
            headHash: file.head.hash, headLength: file.head.length, offset: file.lineStart)
    }

    /// Whether it reads that file, under whatever name.
    func follows(_ identity: LogFile.Identity) -> Bool {
        files.contains { $0.identity == identity }
    }

    /// Descriptors to wait at; others when `generation` is another.
    var descriptors: [Int32] { files.map(\.descriptor) }
    private(set) var generation = 0

    /// Looks at what the path names, and reads what was appended, up to a turn.
    public func poll(now: Instant, into consumer: inout some LineConsumer) -> Outcome {
        look(now: now)
        for _ in 0..<gaveUp { consumer.gaveUpFile() }
        gaveUp = 0
        var outcome = Outcome()
        var index = 0
        while index < files.count {
            guard drain(files[index], now: now, &outcome, &consumer) else { return outcome }
            if index == current, index + 1 < files.count {
                current += 1
                consumer.beganFile()
            }
            index += 1
        }
        retire(now: now, &consumer)
        return outcome
    }

    /// Reads `file` to its end; false: the turn is over.
    private func drain(
        _ file: LogFile, now: Instant, _ outcome: inout Outcome,
        _ consumer: inout some LineConsumer
    ) -> Bool {
        var restarts = 0
        while true {
            guard outcome.bytes < Self.turnLimit, restarts < Self.restartLimit else {
                outcome.hasMore = true
                return false
            }
            switch file.step(buffer, into: &consumer) {
            case .read(let count):
                outcome.bytes += count
                file.lastGrowth = now
            case .end: return true
            case .restarted: restarts += 1
            case .failed(let code):
                // ESTALE: the server forgot the handle. The name is opened anew at the next step.
                letGo()
                problem = FollowProblem(code: code)
                return false
            }
        }
    }

    /// Finds out what the path names now.
    func look(now: Instant) {
        var status = stat()
        if stat(path, &status) == 0, let last = files.last,
            last.identity == LogFile.Identity(status)
        {
            problem = nil
            goneSince = nil
            return
        }
        switch LogFile.open(path, now: now) {
        case .success(let file):
            problem = nil
            goneSince = nil
            adopt(file, now: now)
        case .failure(let failure): miss(failure, now: now)
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
        files = []
        current = 0
    }

    // MARK: - Rotation

    private func adopt(_ file: LogFile, now: Instant) {
        if let last = files.last {
            guard last.identity != file.identity else { return }
            last.lastGrowth = now
            let identity = last.identity
            files += rotated(now: now) { $0.identity == identity }.dropFirst() + [file]
        } else if let saved {
            self.saved = nil
            if file.matches(saved) {
                file.seek(to: saved.offset)
            } else if file.identity != LogFile.Identity(saved) {
                files = rotated(now: now) { $0.matches(saved) }
                files.first?.seek(to: saved.offset)
            }
            files.append(file)
        } else {
            if beginning == .end { file.seekToLastLine(bound: Self.lineLimit) }
            files = [file]
        }
        beginning = .start
        generation += 1
        shorten(beside: file)
    }

    /// The rotated file that `isFirst` recognises, and those rotated after it; none: not found.
    private func rotated(now: Instant, from isFirst: (LogFile) -> Bool) -> [LogFile] {
        var found: [LogFile] = []
        var naming: RotatedFiles.Naming?
        for candidate in RotatedFiles.beside(path) {
            if let naming, naming == .other || candidate.naming != naming { continue }
            guard case .success(let file) = LogFile.open(candidate.path, now: now) else { continue }
            if found.isEmpty {
                guard isFirst(file) else { continue }
                naming = candidate.naming
            }
            found.append(file)
            if found.count > Self.openLimit {
                found.remove(at: 1)
                gaveUp += 1
            }
        }
        return found
    }

    /// A rename between listing and opening can show a file twice: each is read once. And the
    /// number of open files is bounded.
    private func shorten(beside newest: LogFile) {
        var seen: Set<LogFile.Identity> = []
        files = files.filter { file in
            (file === newest || file.identity != newest.identity)
                && seen.insert(file.identity).inserted
        }
        while files.count > Self.openLimit {
            if current > 0 {
                // It was read to its end; only its grace ends early.
                files.removeFirst()
                current -= 1
            } else {
                files.remove(at: 1)
                gaveUp += 1
            }
        }
    }

    private func retire(now: Instant, _ consumer: inout some LineConsumer) {
        while files.count > 1, current > 0, now - files[0].lastGrowth >= Self.grace {
            files[0].abandon(&consumer)
            files.removeFirst()
            current -= 1
        }
    }
}
