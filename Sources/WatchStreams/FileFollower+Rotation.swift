// What a follower does when the path names another file, or the same one anew: reads on up to it,
// through whatever was rotated in between.

import Glibc
import WatchCore

extension FileFollower {
    /// Reads on up to `file`, which had the name when it was opened. False: it was rotated away and
    /// compressed meanwhile, so its lines may be among what was rotated before it, and nothing was
    /// done.
    func adopt(_ file: LogFile, now: Instant) throws(FollowProblem) -> Bool {
        if let last = files.last {
            guard last.identity != file.identity else { return true }
            if let index = files.firstIndex(where: { $0.identity == file.identity }) {
                comeBack(to: index, now: now)
                return true
            }
            // Empty when it was opened; its compressed form is known by what was written since.
            if last.isUntouched, last.isUnlinked { _ = last.mark() }
            let link = RotationChain.Link(position: last.position(path), isHeld: true)
            let chain = try RotationChain.find(
                link, beside: path, live: file, for: self, now: now)
            guard !file.isUnlinked else { return false }
            last.lastGrowth = now
            goBack(file)
            files += (chain?.files.dropFirst() ?? []) + [file]
            gaveUp += chain?.gaps ?? 0
        } else if let saved {
            guard let resumed = try resumed(file, at: saved, now: now) else { return false }
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
    private func resumed(
        _ file: LogFile, at saved: FilePosition, now: Instant
    ) throws(FollowProblem) -> [LogFile]? {
        if file.matches(saved) {
            file.seek(to: saved.offset)
            return [file]
        }
        let link = RotationChain.Link(position: saved, isCopied: saved.isCopy ?? false)
        before = link
        // The path leads elsewhere now.
        if let place = saved.place, let moved = try moved(to: place, from: saved, now: now) {
            goBack(file)
            return [moved, file]
        }
        let chain = try RotationChain.find(link, beside: path, live: file, for: self, now: now)
        goBack(file)
        guard !file.isUnlinked else { return nil }
        if let chain {
            chain.files.first?.seek(to: saved.offset)
            gaveUp += chain.gaps
            return chain.files + [file]
        }
        // What was written into it after it was read, nobody knows. Of a truncated one it is gone.
        if !file.isFile(of: saved) {
            if !savedIsRecent { gaveUp += 1 }
            before = nil
        }
        return [file]
    }

    /// The file of `saved`, if it lies at `place` still.
    private func moved(
        to place: String, from saved: FilePosition, now: Instant
    ) throws(FollowProblem) -> LogFile? {
        switch LogFile.open(place, now: now) {
        case .success(let file) where file.matches(saved) && !isTaken(file.identity):
            file.place = place
            file.seek(to: saved.offset)
            return file
        case .failure(let problem) where problem.isShortage: throw problem
        case .success, .failure: return nil
        }
    }

    /// `file` was truncated: what was not read of it may be in a copy. Whether one was found; nil:
    /// that cannot be told yet.
    func restart(
        _ file: LogFile, now: Instant, _ consumer: inout some LineConsumer
    ) -> Bool? {
        let position = file.position(path)
        let isUnfinished = file.hasUnfinishedLine
        file.restart()
        if position.headLength > 0 {
            before = RotationChain.Link(position: position, isCopied: true)
        }
        consumer.beganFile()
        if file === files.last, let before {
            guard let isFound = insertCopies(before, before: file, now: now) else {
                owesCopies = isUnfinished
                return nil
            }
            if isFound { return true }
        }
        if isUnfinished { consumer.lostUnfinishedLine() }
        return false
    }

    /// Puts the copies that were made since `link` before `file`, which was truncated; false: there
    /// are none with anything new; nil: that cannot be told now.
    func insertCopies(
        _ link: RotationChain.Link, before file: LogFile, now: Instant
    ) -> Bool? {
        var found: RotationChain?
        do throws(FollowProblem) {
            found = try RotationChain.find(link, beside: path, live: file, for: self, now: now)
        } catch {
            problem = error
            return nil
        }
        guard let chain = found else { return false }
        chain.files.first?.seek(to: link.position.offset)
        gaveUp += chain.gaps
        current = files.count - 1
        files.insert(contentsOf: chain.files, at: current)
        generation += 1
        shorten(beside: file)
        return true
    }

    /// While nothing was written into a younger one, the writer may still have the oldest.
    func retire(now: Instant, _ consumer: inout some LineConsumer) {
        while files.count > 1, current > 0, now - files[0].lastGrowth >= Self.grace,
            files.dropFirst().contains(where: { !$0.isUntouched || $0.hasContent })
        {
            files[0].abandon(&consumer)
            leave(files.removeFirst())
            current -= 1
        }
    }
}
