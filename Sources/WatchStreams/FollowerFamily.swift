// What the followers of one pattern must know of each other: a file of theirs may be renamed to the
// name of another.

/// Followers, of which each file has one at most.
protocol FollowerFamily: AnyObject {
    /// Whether another one than `follower` has that file.
    func isTaken(_ identity: LogFile.Identity, besides follower: FileFollower) -> Bool
    /// One lets a file go that was read up to there.
    func letGo(_ file: LogFile, at position: FilePosition)
    /// One has begun a file, which may have been read by another one.
    func goOn(in file: LogFile)
}

extension FileFollower {
    /// Whether it reads that file, under whatever name.
    func follows(_ identity: LogFile.Identity) -> Bool {
        files.contains { $0.identity == identity }
    }

    func isTaken(_ identity: LogFile.Identity) -> Bool {
        family?.isTaken(identity, besides: self) ?? false
    }

    /// It has no file any more, and there is none that it could have.
    var isGone: Bool { files.isEmpty && problem?.isAbsence == true }

    /// Of files before the current one, whose writers may still have them.
    var positionsBefore: [FilePosition] { files.prefix(current).map { $0.position(path) } }

    /// Called when `files` were `before`, and `current` is not moved yet.
    func release(_ before: [LogFile]) {
        guard let family, !before.isEmpty else { return }
        for file in before.prefix(current + 1) where !follows(file.identity) {
            family.letGo(file, at: file.position(path))
        }
    }
}
