// How far files were read that nobody follows now: they may come back, under whatever name.

/// The latest last; bounded.
struct KeptPositions {
    struct Kept {
        var position: FilePosition
        /// The file was read to its end when it was let go; false: it was not found since watchd
        /// was started.
        var isRecent: Bool
    }

    static let limit = 2 * GlobSource.fileLimit

    private var all: [Kept] = []

    mutating func keep(_ position: FilePosition, isRecent: Bool = true) {
        remove { $0 == LogFile.Identity(position) }
        all.append(Kept(position: position, isRecent: isRecent))
        if all.count > Self.limit { all.remove(at: all.firstIndex(where: \.isRecent) ?? 0) }
    }

    mutating func remove(where isIt: (LogFile.Identity) -> Bool) {
        all.removeAll { isIt(LogFile.Identity($0.position)) }
    }

    func contains(_ identity: LogFile.Identity) -> Bool {
        all.contains { LogFile.Identity($0.position) == identity }
    }

    /// How far it was read; nil: never, though another file may have had its inode.
    func position(of file: LogFile) -> FilePosition? {
        all.first { LogFile.Identity($0.position) == file.identity }
            .flatMap { file.matches($0.position) ? $0.position : nil }
    }

    /// Of what had that name last.
    func last(_ path: String) -> Kept? { all.last { $0.position.path == path } }

    func positions(recent: Bool, besides followed: Set<LogFile.Identity>) -> [FilePosition] {
        all.compactMap { kept in
            kept.isRecent == recent && !followed.contains(LogFile.Identity(kept.position))
                ? kept.position : nil
        }
    }
}
