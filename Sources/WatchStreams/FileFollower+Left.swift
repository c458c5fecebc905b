// Files that the path led to before, and may lead to again: a release that is rolled back takes the
// link to its log with it. And the bound of how many are open.

import WatchCore

extension FileFollower {
    /// Positions in files that the path may come back to, besides that of `position`; nil: none.
    func leftBesides(_ position: FilePosition) -> [FilePosition]? {
        // They know more: another one may have read on.
        guard family == nil else { return nil }
        let others = (left + files.prefix(current).filter(\.isInPlace).map { $0.position(path) })
            .filter { LogFile.Identity($0) != LogFile.Identity(position) }
        return others.isEmpty ? nil : others.suffix(Self.leftLimit)
    }

    /// Remembers where it was in a file that is closed, and may be led to again.
    func leave(_ file: LogFile) {
        guard family == nil, file.isInPlace else { return }
        left.removeAll { LogFile.Identity($0) == file.identity }
        left.append(file.position(path))
        if left.count > Self.leftLimit { left.removeFirst() }
    }

    /// Goes on in a file that was read before.
    func goBack(_ file: LogFile) {
        guard let known = left.last(where: { file.matches($0) }) else { return }
        file.seek(to: known.offset)
        left.removeAll { LogFile.Identity($0) == file.identity }
    }

    /// The path names a file again that is still held.
    func comeBack(to index: Int, now: Instant) {
        files.last?.lastGrowth = now
        let file = files.remove(at: index)
        if index == current, file.head.length > 0 {
            before = RotationChain.Link(position: file.position(path))
        }
        if index < current { current -= 1 }
        files.append(file)
        generation += 1
    }

    /// A rename between listing and opening can show a file twice: each is read once. And the
    /// number of open files is bounded.
    func shorten(beside newest: LogFile) {
        var seen: Set<LogFile.Identity> = []
        files = files.filter { file in
            (file === newest || file.identity != newest.identity)
                && seen.insert(file.identity).inserted
        }
        while files.count > Self.openLimit {
            if current > 0 {
                // It was read to its end; only its grace ends early.
                leave(files.removeFirst())
                current -= 1
            } else {
                files.remove(at: 1)
                gaveUp += 1
            }
        }
    }
}
