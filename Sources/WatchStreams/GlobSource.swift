// The files that a pattern names, each followed with its own rotation: `/var/log/app/*.log`.

import Glibc
import WatchCore
import WatchSystem

/// A file that appears later is read from its start; one that was renamed within the pattern
/// (`app.log` to `app-20261121.log`) is the same file still, and read on. A file has one follower
/// at most, whatever names it has: the one that had it first, until it lets it go. What it read is
/// remembered then, for whichever name the file is found under.
final class GlobSource: LogSource {
    static let fileLimit = 256
    /// The pattern is looked at so often; what happens to the files is noticed at once.
    private static let lookEvery = Duration.seconds(1)

    private let pattern: String
    private let beginning: FileFollower.Beginning
    /// When the saved positions were taken; nil: there are none.
    private let savedAt: WallTime?
    private var followers: [String: FileFollower] = [:]
    /// In the order of their names.
    private var paths: [String] = []
    private var kept = KeptPositions()
    private var watched: [String: Int] = [:]
    private var lookAfter: Instant?
    private var isFirstLook = true
    private var hasFoundAny = false
    private var problem: String?
    private var seen = WallTime(nanoseconds: 0)
    /// Whose lines were handed on last.
    private var fed: String?
    /// Whose turn is first.
    private var turn = 0

    init(pattern: String, position: FilesPosition?, beginning: FileFollower.Beginning) {
        self.pattern = pattern
        self.beginning = beginning
        let position = position?.pattern == pattern ? position : nil
        for other in position?.others ?? [] { kept.keep(other) }
        for file in position?.files ?? [] { kept.keep(file, isRecent: false) }
        savedAt = position.map { WallTime(nanoseconds: $0.seen) }
    }

    var source: StreamBatch.Source {
        if let problem { return .unreadable(problem) }
        // One that is gone is no problem while there are others, and forgotten soon.
        for path in paths {
            guard let follower = followers[path], !follower.isGone else { continue }
            if case .unreadable(let why) = follower.source { return .unreadable(why) }
        }
        return .reading
    }

    func position(before held: BatchBuilder.Held) -> StreamPosition? {
        let followed = followed
        var files = kept.positions(recent: false, besides: followed)
        var others = kept.positions(recent: true, besides: followed)
        for path in paths {
            guard let follower = followers[path], var position = follower.position else { continue }
            // Another one reads on where it was.
            if follower.files.isEmpty, followed.contains(LogFile.Identity(position)) { continue }
            // What is held is of one file.
            if path == fed { position.offset = Swift.max(0, position.offset - Int64(held.bytes)) }
            files.append(position)
            others += follower.positionsBefore
        }
        others = others.suffix(KeptPositions.limit)
        return .files(
            FilesPosition(
                pattern: pattern, files: files, seen: seen.nanoseconds,
                others: others.isEmpty ? nil : others))
    }

    func watch(with waker: Waker) -> Bool {
        var isNew = false
        for path in paths {
            guard let follower = followers[path], watched[path] != follower.generation else {
                continue
            }
            watched[path] = follower.generation
            waker.watch(path: path, descriptors: follower.descriptors)
            isNew = true
        }
        return isNew
    }

    func poll(now: Moment, into builder: inout BatchBuilder) -> Bool {
        look(now: now)
        turn += 1
        var hasMore = false
        for index in paths.indices {
            let path = paths[(index + turn) % paths.count]
            guard let follower = followers[path] else { continue }
            let outcome = follower.poll(now: now.boot, into: &builder)
            if outcome.hasMore { hasMore = true }
            guard outcome.bytes > 0, fed != path else { continue }
            fed = path
            for (other, follower) in followers where other != path { follower.noteOtherLines() }
        }
        if !hasMore { seen = now.wall }
        return hasMore
    }

    // MARK: - Which files

    func look(now: Moment) {
        guard lookAfter.map({ now.boot >= $0 }) ?? true else { return }
        lookAfter = now.boot + Self.lookEvery
        if isFirstLook { seen = savedAt ?? now.wall }
        guard let found = Self.files(pattern) else {
            // Nothing is known of what there is: all goes on as it was.
            problem = FollowProblem(code: EMFILE).sentence(pattern)
            return
        }
        forgetGone(Set(found))
        add(found.filter { followers[$0] == nil }, now: now)
        let followed = followed
        kept.remove(where: followed.contains)
        isFirstLook = false
        if !found.isEmpty { hasFoundAny = true }
        paths = followers.keys.sorted()
        if found.count > Self.fileLimit {
            problem =
                "\(pattern) names \(found.count) files, and \(Self.fileLimit) can be followed; "
                + "name fewer, or make several streams"
        } else if paths.isEmpty {
            problem =
                "no file is named as in \(pattern); watchd waits for one: check the pattern, and "
                + "that watchd's user may look into the directories"
        } else {
            problem = nil
        }
    }

    /// A file is read to its end before its follower lets it go.
    private func forgetGone(_ found: Set<String>) {
        for (path, follower) in followers where follower.isGone {
            guard !found.contains(path) || Self.status(path).map(isFollowed) ?? true else {
                continue
            }
            if let position = follower.position { keep(position, of: follower) }
            followers[path] = nil
            watched[path] = nil
        }
    }

    /// It is the one of its name then. Not where the file was removed.
    private func keep(_ position: FilePosition, of follower: FileFollower) {
        let hadFile = follower.generation > 0
        if !hadFile || kept.contains(LogFile.Identity(position)) {
            kept.keep(position, isRecent: hadFile)
        }
    }

    private func add(_ paths: [String], now: Moment) {
        for path in paths {
            guard unfollowed(path) != nil,
                case .success(let file) = LogFile.open(path, now: now.boot),
                kept.position(of: file) != nil
            else { continue }
            follow(path, now: now)
        }
        // What had the name, and was rotated out of the pattern since.
        for path in paths where unfollowed(path) != nil {
            guard let last = kept.last(path),
                !isFollowed(LogFile.Identity(last.position))
            else { continue }
            follow(path, from: last, now: now)
            // It is missed once; it may still come back.
            if !last.isRecent { kept.keep(last.position) }
        }
        for path in paths {
            guard let status = unfollowed(path) else { continue }
            let isNew = kept.last(path) != nil
            follow(path, beginning: isNew ? .start : start(status), now: now)
        }
    }

    private func follow(
        _ path: String, from found: KeptPositions.Kept? = nil,
        beginning: FileFollower.Beginning = .start, now: Moment
    ) {
        let follower = FileFollower(
            path: path, position: found?.position, isRecent: found?.isRecent ?? false,
            beginning: beginning)
        follower.family = self
        follower.look(now: now.boot)
        followers[path] = follower
    }

    /// nil: it is followed, or no file.
    private func unfollowed(_ path: String) -> stat? {
        guard followers[path] == nil, followers.count < Self.fileLimit,
            let status = Self.status(path), !isFollowed(status)
        else { return nil }
        return status
    }

    private func isFollowed(_ status: stat) -> Bool { isFollowed(LogFile.Identity(status)) }

    private var followed: Set<LogFile.Identity> {
        followers.values.reduce(into: []) { $0.formUnion($1.files.lazy.map(\.identity)) }
    }

    private func isFollowed(_ identity: LogFile.Identity) -> Bool {
        followers.values.contains { $0.follows(identity) }
    }

    /// One of which nothing is known was begun while we were away, or lay there all the time.
    private func start(_ status: stat) -> FileFollower.Beginning {
        guard let savedAt, !hasFoundAny else { return isFirstLook ? beginning : .start }
        return status.st_mtim.nanoseconds >= savedAt.nanoseconds ? .start : .end
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? status : nil
    }

    /// nil: there is no descriptor to look with.
    private static func files(_ pattern: String) -> [String]? {
        var found = glob_t()
        defer { globfree(&found) }
        let isShort: @convention(c) (UnsafePointer<CChar>?, Int32) -> Int32 = { _, code in
            code == EMFILE || code == ENFILE ? 1 : 0
        }
        let end = glob(pattern, 0, isShort, &found)
        if end == GLOB_ABORTED { return nil }
        guard end == 0, let names = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            names[index].map { String(cString: $0) }
        }
    }
}

extension GlobSource: FollowerFamily {
    func isTaken(_ identity: LogFile.Identity, besides follower: FileFollower) -> Bool {
        followers.values.contains { $0 !== follower && $0.follows(identity) }
    }

    func letGo(_ file: LogFile, at position: FilePosition) {
        // Its inode is free for another one.
        if !file.isUnlinked { kept.keep(position) }
    }

    func goOn(in file: LogFile) {
        if let position = kept.position(of: file) { file.seek(to: position.offset) }
    }
}
