// The file that was read last, found again among those that were rotated away, and all that was
// rotated after it. Names move while they are looked at, so what was seen must hold still.

import Glibc
import WatchCore

struct RotationChain {
    /// The file that was read last, under another name, or a copy of it, compressed or not.
    struct Link {
        var position: FilePosition
        /// It is held open, so nobody else has its identity.
        var isHeld = false
        /// It is known that the log is copied and truncated.
        var isCopied = false
    }

    /// So often the names are looked at again when they changed meanwhile.
    private static let attempts = 8

    /// Oldest first; the first is the one that was looked for.
    private(set) var files: [LogFile] = []
    /// Files after it that cannot be read, or were given up because there are too many.
    private(set) var gaps = 0

    /// The log is copied and truncated: nobody writes into what was found.
    private var isCopied = false
    /// The first one is the file itself, and no copy of it.
    private var isNamed = false
    private let path: String
    private let live: LogFile
    private let follower: FileFollower
    private let now: Instant

    /// nil: it is not there. Throws when that cannot be told now, because there is no descriptor
    /// to look with: then nothing may be read on, or what was rotated would be passed over.
    /// - Parameter live: what has the name now, and belongs to no chain.
    static func find(
        _ link: Link, beside path: String, live: LogFile, for follower: FileFollower, now: Instant
    ) throws(FollowProblem) -> RotationChain? {
        var mark = live.mark()
        var chain = try look(link, beside: path, live: live, for: follower, now: now)
        for _ in 0..<attempts {
            // Truncated or begun meanwhile: what was found may end with what is in it now, or lack
            // what was in it.
            let again = live.mark()
            guard again != mark else { break }
            mark = again
            chain = try look(link, beside: path, live: live, for: follower, now: now)
        }
        return chain
    }

    private static func look(
        _ link: Link, beside path: String, live: LogFile, for follower: FileFollower, now: Instant
    ) throws(FollowProblem) -> RotationChain? {
        var candidates = try RotatedFiles.all(of: path)
        for _ in 0..<attempts {
            var chain = RotationChain(path: path, live: live, follower: follower, now: now)
            let isFound = try chain.open(candidates, from: link)
            let again = try RotatedFiles.all(of: path)
            // Between listing and opening a name may have come to mean another file.
            if again == candidates, chain.stillNamed { return isFound ? chain : nil }
            candidates = again
        }
        var chain = RotationChain(path: path, live: live, follower: follower, now: now)
        return try chain.open(candidates, from: link) ? chain : nil
    }

    private init(path: String, live: LogFile, follower: FileFollower, now: Instant) {
        self.path = path
        self.live = live
        self.follower = follower
        self.now = now
    }

    /// What was opened, by the name under which it was.
    private var names: [(path: String, identity: LogFile.Identity)] = []

    private var stillNamed: Bool {
        names.allSatisfy { name in
            var status = stat()
            return stat(name.path, &status) == 0 && LogFile.Identity(status) == name.identity
        }
    }

    private mutating func open(
        _ candidates: [RotatedFiles.Candidate], from link: Link
    ) throws(FollowProblem) -> Bool {
        isCopied = link.isCopied
        isNamed = false
        guard let (index, first) = try first(in: candidates, link) else { return false }
        files = [first]
        first.isCopy = isCopied
        let found = candidates[index]
        guard found.naming != .other else { return true }
        for candidate in candidates[(index + 1)...]
        where candidate.naming == found.naming && candidate.isBesideTarget == found.isBesideTarget {
            // Whatever its name says: older than what was read last, it was read before that.
            var status = stat()
            if stat(candidate.path, &status) == 0, !link.position.isBefore(status.st_mtim) {
                continue
            }
            guard let file = try open(candidate) else {
                gaps += 1
                continue
            }
            // The log itself was renamed meanwhile: what comes after it is found when it was read.
            if file.identity == live.identity { break }
            if follower.isTaken(file.identity) { continue }
            follower.family?.goOn(in: file)
            // The copy of what the log still has: it is about to be truncated.
            if isCopied || !isNamed || first.isFinal, file.isCopy(of: live) { continue }
            file.isCopy = isCopied
            files.append(file)
            if files.count > FileFollower.openLimit {
                files.remove(at: 1)
                gaps += 1
            }
        }
        return true
    }

    /// nil: it cannot be read.
    private mutating func open(
        _ candidate: RotatedFiles.Candidate
    ) throws(FollowProblem) -> LogFile? {
        switch LogFile.open(candidate.path, packing: candidate.packing, now: now) {
        case .success(let file):
            names.append((candidate.path, file.identity))
            return file
        case .failure(let problem) where problem.isShortage: throw problem
        case .failure: return nil
        }
    }

    private mutating func first(
        in candidates: [RotatedFiles.Candidate], _ link: Link
    ) throws(FollowProblem) -> (index: Int, file: LogFile)? {
        let position = link.position
        let identity = LogFile.Identity(position)
        if follower.isTaken(identity) { return nil }
        for (index, candidate) in candidates.enumerated() {
            var status = stat()
            guard stat(candidate.path, &status) == 0, LogFile.Identity(status) == identity,
                let file = try open(candidate), file.identity == identity
            else { continue }
            if link.isHeld || file.matches(position) {
                isNamed = true
                return (index, file)
            }
        }
        guard position.headLength > 0 else { return nil }
        var youngest: (index: Int, file: LogFile)?
        // Of those that begin alike the youngest: no line is to count twice. That of another may
        // be lost.
        for (index, candidate) in candidates.enumerated().reversed() {
            // What is held and has no name any more can only have been compressed.
            if link.isHeld, candidate.packing == .none { continue }
            guard let file = try open(candidate), file.identity != live.identity,
                !follower.isTaken(file.identity), file.isYounger(than: position),
                file.holds(position), !file.isCopy(of: live)
            else { continue }
            if youngest != nil {
                gaps += 1
                break
            }
            // Another inode with the same contents. (That the log has the inode of the position
            // says nothing: once the old file was compressed, the next one is often given it.)
            if candidate.packing == .none { isCopied = true }
            youngest = (index, file)
        }
        return youngest
    }
}
