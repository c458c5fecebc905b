// Starting, stopping and going on: each line counts once, whatever happened in between.

import Glibc
import Testing
import WatchCore
import WatchStreams

@Suite struct ResumeTests {
    let directory = Directory()
    var log: String { directory.file("access.log") }

    @Test func withoutAPositionOnlyNewLinesAreRead() {
        let writer = Writer(log)
        writer.write("old\n")
        let following = Following(log, beginning: .end)
        following.poll()
        writer.write("new\n")
        following.poll()
        #expect(following.lines == ["new"])
    }

    @Test func aLineThatWasBegunBeforeTheStartIsReadWhole() {
        let writer = Writer(log)
        writer.write("old\nhal")
        let following = Following(log, beginning: .end)
        following.poll()
        writer.write("f\n")
        following.poll()
        #expect(following.lines == ["half"])
    }

    @Test func aFileThatAppearsLaterIsReadFromItsStart() {
        let following = Following(log, beginning: .end)
        following.poll()
        #expect(following.reason.contains("is not there"))
        Writer(log).write("first\n")
        following.poll()
        #expect(following.isReading)
        #expect(following.lines == ["first"])
    }

    @Test func aRestartGoesOnWhereLinesWereHandedOver() {
        let writer = Writer(log)
        let before = Following(log)
        writer.write("a\nb\nhal")
        before.poll()
        let after = Following(log, position: before.follower.position, beginning: .end)
        writer.write("f\nc\n")
        after.poll()
        #expect(before.lines + after.lines == ["a", "b", "half", "c"])
    }

    /// Inode and first bytes are the same: it was born at another time.
    @Test func anotherFileWithTheInodeAndTheHeaderOfTheOldOneIsReadFromItsStart() throws {
        let header = String(repeating: "#", count: 1200) + "\n"
        Writer(log).write(header + "a\n")
        let before = Following(log)
        before.poll()
        var position = try #require(before.follower.position)
        unlink(log)
        Writer(log).write(header + "b\nc\n")
        let next = Following(log)
        next.poll()
        let new = try #require(next.follower.position)
        // The file system may give another inode this time, and its clock is a coarse one.
        position.inode = new.inode
        position.born = try #require(new.born) - 1_000_000_000
        let after = Following(log, position: position)
        after.poll()
        #expect(after.lines.suffix(2) == ["b", "c"])
        #expect(after.lines.count == 3)
        // What was written into the old one after it was read, nobody knows.
        #expect(after.seen.gaveUp == 1)
        // One that says nothing of it is taken by inode and head, as ever.
        position.born = nil
        let unborn = Following(log, position: position)
        unborn.poll()
        #expect(unborn.lines == ["c"])
    }

    @Test func whatWasRotatedMeanwhileIsReadFirst() {
        let writer = Writer(log)
        let before = Following(log)
        writer.write("a\n")
        before.poll()
        writer.write("b\n")
        rename(log, directory.file("access.log.1"))
        writer.reopen()
        writer.write("c\n")
        rename(directory.file("access.log.1"), directory.file("access.log.2"))
        rename(log, directory.file("access.log.1"))
        writer.reopen()
        writer.write("d\n")
        let after = Following(log, position: before.follower.position, beginning: .end)
        after.poll()
        #expect(before.lines + after.lines == ["a", "b", "c", "d"])
    }

    @Test func whatWasTruncatedMeanwhileIsReadFromItsStart() {
        let writer = Writer(log)
        let before = Following(log)
        writer.write("a\n")
        before.poll()
        writer.truncate()
        writer.write("b\nc\n")
        let after = Following(log, position: before.follower.position, beginning: .end)
        after.poll()
        #expect(after.lines == ["b", "c"])
    }

    @Test func aFileWithTheInodeOfAnotherIsNotTakenForIt() throws {
        let writer = Writer(log)
        let before = Following(log)
        writer.write("a\n")
        before.poll()
        var position = try #require(before.follower.position)
        position.headHash ^= 1
        let after = Following(log, position: position, beginning: .end)
        after.poll()
        #expect(after.lines == ["a"])
    }

    @Test func positionsAtEveryStepOfARotationLoseAndDoubleNothing() {
        for step in 0..<6 {
            let directory = Directory()
            let log = directory.file("access.log")
            let writer = Writer(log)
            var following = Following(log)
            var seen: [String] = []
            for number in 0..<6 {
                switch number {
                case 2: rename(log, directory.file("access.log.1"))
                case 3: writer.reopen()
                default: break
                }
                writer.write("\(number)\n")
                following.poll()
                if number == step {
                    seen = following.lines
                    following = Following(log, position: following.follower.position)
                }
            }
            following.poll()
            #expect(seen + following.lines == ["0", "1", "2", "3", "4", "5"], "restart at \(step)")
        }
    }
}
