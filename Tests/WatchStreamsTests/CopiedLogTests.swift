// copytruncate: the lines that were not read when the log was emptied are in the copy of it. What
// is counted twice would be worse than what is lost.

import Glibc
import Testing
import WatchCore

@testable import WatchStreams

@Suite struct CopiedLogTests {
    let directory = Directory()
    var log: String { directory.file("access.log") }
    var copy: String { directory.file("access.log.1") }

    private func copyLog(to path: String) {
        unlink(path)
        Writer(path).write(contents(log))
    }

    @Test func whatWasUnreadAtTheTruncationIsReadFromTheCopy() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\n")
        following.poll()
        writer.write("b\nc\n")
        copyLog(to: copy)
        writer.write("destroyed\n")
        writer.truncate()
        writer.write("d\n")
        following.poll()
        #expect(following.lines == ["a", "b", "c", "d"])
        #expect(following.follower.position?.offset == 2)
    }

    @Test func aLineThatWasBegunIsReadWholeFromTheCopy() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\nhal")
        following.poll()
        writer.write("f\n")
        copyLog(to: copy)
        writer.truncate()
        following.poll()
        #expect(following.lines == ["a", "half"])
        #expect(following.seen.unfinished == 0)
    }

    @Test func severalTruncationsBetweenTwoLooksLoseNothing() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("0\n")
        following.poll()
        for number in 1...3 {
            for age in stride(from: number, to: 1, by: -1) {
                rename(
                    directory.file("access.log.\(age - 1)"), directory.file("access.log.\(age)"))
            }
            copyLog(to: copy)
            writer.truncate()
            writer.write("\(number)\n")
        }
        following.poll()
        #expect(following.lines == ["0", "1", "2", "3"])
    }

    @Test func afterARestartTheCopiesAreReadCompressedOrNot() throws {
        let writer = Writer(log)
        let before = Following(log)
        writer.write("a\n")
        before.poll()
        writer.write("b\n")
        copyLog(to: directory.file("access.log.2"))
        writer.truncate()
        compress(directory.file("access.log.2"))
        writer.write("c\n")
        copyLog(to: copy)
        writer.truncate()
        writer.write("d\n")
        let after = Following(log, position: before.follower.position, beginning: .end)
        after.poll()
        #expect(before.lines + after.lines == ["a", "b", "c", "d"])
        #expect(after.seen.gaveUp == 0)
    }

    @Test func aCopyThatIsBeingMadeIsNotReadBesideItsOriginal() {
        for part in [0, 2, 4] {
            let directory = Directory()
            let log = directory.file("access.log")
            let writer = Writer(log)
            let before = Following(log)
            writer.write("a\n")
            before.poll()
            writer.write("b\n")
            Writer(directory.file("access.log.2")).write("a\nb\n")
            writer.truncate()
            writer.write("c\nd\n")
            let copy = Writer(directory.file("access.log.1"))
            copy.write(Array("c\nd\n".utf8.prefix(part)))
            let after = Following(log, position: before.follower.position, beginning: .end)
            after.follower.look(now: after.now)
            // The truncation comes between looking and reading.
            copy.write(Array("c\nd\n".utf8.dropFirst(part)))
            writer.truncate()
            writer.write("e\n")
            after.poll()
            #expect(after.lines == ["b", "c", "d", "e"], "\(part)")
        }
    }

    @Test func aCopyThatIsWrittenOverIsNotReadTwice() {
        let writer = Writer(log)
        let following = Following(log)
        for number in 0..<5 {
            writer.write("\(number) a\n")
            following.poll()
            writer.write("\(number) b\n")
            // cp(1) writes into the file that is there.
            let target = Writer(copy)
            target.truncate()
            target.write(contents(log))
            writer.truncate()
            following.poll()
        }
        following.poll()
        #expect(following.lines == (0..<5).flatMap { ["\($0) a", "\($0) b"] })
        #expect(following.seen.gaveUp == 0)
    }

    @Test func anOldCopyThatBeginsAlikeIsNotRead() {
        let writer = Writer(log)
        let following = Following(log)
        Writer(copy).write("== started ==\nlong ago\n")
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
        utimensat(AT_FDCWD, copy, &times, 0)
        writer.write("== started ==\n")
        following.poll()
        writer.truncate()
        writer.write("new\n")
        following.poll()
        #expect(following.lines == ["== started ==", "new"])
    }

    @Test func theEmptyLogAfterATruncationKeepsThePlaceInTheCopy() {
        let writer = Writer(log)
        let before = Following(log)
        writer.write("a\n")
        before.poll()
        copyLog(to: directory.file("access.log.2"))
        writer.truncate()
        before.poll()
        // Dies here, and once more the log is copied.
        writer.write("b\n")
        copyLog(to: copy)
        writer.truncate()
        writer.write("c\n")
        let after = Following(log, position: before.follower.position, beginning: .end)
        after.poll()
        #expect(before.lines + after.lines == ["a", "b", "c"])
    }

    @Test func aRestartInACopyDoesNotReadTheNextCopyBesideItsOriginal() {
        let writer = Writer(log)
        let first = Following(log)
        writer.write("a\n")
        first.poll()
        writer.write("b\nhal")
        copyLog(to: directory.file("access.log.2"))
        writer.truncate()
        // Looked at, and not read: the position is in the copy.
        let second = Following(log, position: first.follower.position, beginning: .end)
        second.follower.look(now: second.now)
        writer.write("c\n")
        copyLog(to: copy)
        let third = Following(log, position: second.follower.position, beginning: .end)
        third.follower.look(now: third.now)
        writer.truncate()
        writer.write("d\n")
        third.poll()
        #expect(first.lines + third.lines == ["a", "b", "c", "d"])
    }
}
