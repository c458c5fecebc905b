// The files that a pattern names, each followed with its own rotation: `/var/log/app/*.log`.

import Glibc
import WatchCore
import WatchSystem

/// A file that appears later is read from its start; one that was renamed within the pattern
/// (`app.log` to `app-20261121.log`) is the same file still, and not read again.
final class GlobSource: LogSource {
    static let fileLimit = 256
    /// The pattern is looked at so often; what happens to the files is noticed at once.
    private static let lookEvery = Duration.seconds(1)

    private let pattern: String
    private let beginning: FileFollower.Beginning
    private let saved: [String: FilePosition]
    /// When the saved positions were taken; nil: there are none.
    private let savedAt: WallTime?
    private var followers: [String: FileFollower] = [:]
    /// In the order of their names.
    private var paths: [String] = []
    /// Files under names of the pattern that were followed under another one.
    private var renamed: [String: LogFile.Identity] = [:]
    private var watched: [String: Int] = [:]
    private var lookAfter: Instant?
    private var isFirstLook = true
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
        saved = Dictionary(
            (position?.files ?? []).map { ($0.path, $0) }, uniquingKeysWith: { _, last in last })
        savedAt = position.map { WallTime(nanoseconds: $0.seen) }
    }

    var source: StreamBatch.Source {
        if let problem { return .unreadable(problem) }
        for path in paths {
            if case .unreadable(let why)? = followers[path]?.source { return .unreadable(why) }
        }
        return .reading
    }

    func position(before held: BatchBuilder.Held) -> StreamPosition? {
        let files = paths.compactMap { path -> FilePosition? in
            guard var position = followers[path]?.position else { return nil }
            // What is held is of one file.
            if path == fed { position.offset = Swift.max(0, position.offset - Int64(held.bytes)) }
            return position
        }
        return .files(FilesPosition(pattern: pattern, files: files, seen: seen.nanoseconds))
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
        let found = Self.files(pattern)
        for path in paths where !found.contains(path) { forget(path) }
        // As it was: a rotation moves several names at once.
        let known = Set(renamed.values)
        renamed = renamed.filter { found.contains($0.key) }
        let moved = isFirstLook ? Self.identities(found) : [:]
        for path in found where followers[path] == nil { add(path, known, moved, now: now) }
        isFirstLook = false
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

    /// It is read to its end before it is let go: its follower says when it is gone for good.
    private func forget(_ path: String) {
        guard case .unreadable? = followers[path]?.source else { return }
        followers[path] = nil
        watched[path] = nil
    }

    private func add(
        _ path: String, _ known: Set<LogFile.Identity>, _ found: [LogFile.Identity: String],
        now: Moment
    ) {
        var status = stat()
        guard followers.count < Self.fileLimit, stat(path, &status) == 0,
            status.st_mode & S_IFMT == S_IFREG
        else { return }
        let identity = LogFile.Identity(status)
        if !isFirstLook || saved[path] == nil, known.contains(identity) || isFollowed(identity) {
            renamed[path] = identity
            return
        }
        renamed[path] = nil
        let position = isFirstLook ? saved[path] : nil
        let follower = FileFollower(
            path: path, position: position,
            movedTo: position.flatMap { found[LogFile.Identity($0)] },
            beginning: start(status))
        follower.look(now: now.boot)
        followers[path] = follower
    }

    private func isFollowed(_ identity: LogFile.Identity) -> Bool {
        followers.values.contains { $0.follows(identity) }
            || (isFirstLook && saved.values.contains { LogFile.Identity($0) == identity })
    }

    /// One that is new to us was begun while we were away, or lay there all the time.
    private func start(_ status: stat) -> FileFollower.Beginning {
        guard isFirstLook else { return .start }
        guard let savedAt else { return beginning }
        let written = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return written >= savedAt.nanoseconds ? .start : .end
    }

    private static func identities(_ paths: [String]) -> [LogFile.Identity: String] {
        var found: [LogFile.Identity: String] = [:]
        for path in paths {
            var status = stat()
            if stat(path, &status) == 0 { found[LogFile.Identity(status)] = path }
        }
        return found
    }

    private static func files(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0, let names = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            names[index].map { String(cString: $0) }
        }
    }
}
