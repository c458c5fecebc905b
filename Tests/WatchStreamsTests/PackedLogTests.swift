// After a restart: what was rotated away and compressed meanwhile is found by what it begins with.

import Glibc
import Testing
import WatchCore
@testable import WatchStreams

@Suite struct PackedLogTests {
    let directory = Directory()
    var log: String { directory.file("access.log") }

    /// Reads what is there, and is gone; the position is what is left.
    private func read() throws -> FilePosition {
        let following = Following(log)
        following.poll()
        return try #require(following.follower.position)
    }

    private func rotate(_ writer: Writer, to name: String) {
        rename(log, directory.file(name))
        writer.reopen()
    }

    @Test func theRotatedAndCompressedFileIsReadOn() throws {
        let writer = Writer(log)
        writer.write("a\nb\n")
        let position = try read()
        writer.write("c\nd\n")
        rotate(writer, to: "access.log.1")
        compress(directory.file("access.log.1"))
        writer.write("e\n")
        let after = Following(log, position: position, beginning: .end)
        after.poll()
        #expect(after.lines == ["c", "d", "e"])
        #expect(after.seen.gaveUp == 0)
        writer.write("f\n")
        after.poll()
        #expect(after.lines == ["c", "d", "e", "f"])
        #expect(after.follower.position?.offset == 4)
    }

    @Test func allThatWereRotatedSinceAreReadInTheirOrder() throws {
        let writer = Writer(log)
        writer.write("a\n")
        let position = try read()
        writer.write("b\n")
        // delaycompress: the youngest one is not compressed.
        for (name, line) in [("3", "c"), ("2", "d"), ("1", "e")] {
            rotate(writer, to: "access.log.\(name)")
            if name != "1" { compress(directory.file("access.log.\(name)")) }
            writer.write("\(line)\n")
        }
        Writer(directory.file("access.log.4.gz")).write(gzip(Array("older\n".utf8)))
        let after = Following(log, position: position, beginning: .end)
        after.poll()
        #expect(after.lines == ["b", "c", "d", "e"])
        #expect(after.seen.gaveUp == 0)
    }

    /// Rotated twice, and compressed, between the look at the log's name and the look at the names
    /// beside it: it is there twice, and is read once.
    @Test(arguments: [true, false])
    func theOneThatWasJustOpenedIsNotReadTwice(isResumed: Bool) throws {
        let writer = Writer(log)
        writer.write("a\n")
        let held = Following(log)
        held.poll()
        let position = isResumed ? held.follower.position : nil
        let following = isResumed ? Following(log, position: position, beginning: .end) : held
        rotate(writer, to: "access.log.1")
        writer.write("b\n")
        let opened = try LogFile.open(log, now: following.now).get()
        rename(directory.file("access.log.1"), directory.file("access.log.2"))
        compress(directory.file("access.log.2"))
        rename(directory.file("access.log.2.gz"), directory.file("access.log.3.gz"))
        rotate(writer, to: "access.log.2")
        writer.write("c\n")
        rotate(writer, to: "access.log.1")
        compress(directory.file("access.log.2"))
        writer.write("d\n")
        let isAdopted = try following.follower.adopt(opened, now: following.now)
        following.poll()
        #expect(following.lines == (isResumed ? [] : ["a"]) + ["b", "c", "d"])
        #expect(!isAdopted)
    }

    /// Nothing was in the new log when it was looked at; then it was written, rotated, compressed.
    @Test func whatWasEmptyWhenItWasOpenedIsKnownByWhatWasWrittenSince() throws {
        let writer = Writer(log)
        writer.write("a\n")
        let following = Following(log)
        following.poll()
        rotate(writer, to: "access.log.3")
        following.poll()
        writer.write("b\n")
        rotate(writer, to: "access.log.2")
        compress(directory.file("access.log.2"))
        writer.write("c\n")
        rotate(writer, to: "access.log.1")
        writer.write("d\n")
        following.poll()
        #expect(following.lines == ["a", "b", "c", "d"])
        #expect(following.seen.gaveUp == 0)
    }

    /// Each begins with the same banner, so which of the two it is nobody can tell.
    @Test func whatCannotBeToldFromAnotherIsALoss() throws {
        let banner = String(repeating: "=", count: 1100) + "\n"
        let writer = Writer(log)
        writer.write(banner + "a\n")
        let position = try read()
        writer.write("b\n")
        for name in ["2", "1"] {
            rotate(writer, to: "access.log.\(name)")
            // None gets the inode of another.
            link(directory.file("access.log.\(name)"), directory.file("kept.\(name)"))
            compress(directory.file("access.log.\(name)"))
            writer.write(banner + "\(name)\n\(name)\n")
        }
        let after = Following(log, position: position, beginning: .end)
        after.poll()
        #expect(after.seen.gaveUp == 1)
        #expect(after.lines.last == "1")
    }

    @Test func datedNamesAreKnownToo() throws {
        let writer = Writer(log)
        writer.write("a\n")
        let position = try read()
        writer.write("b\n")
        for (name, line) in [("20261125", "c"), ("20261126", "d")] {
            rotate(writer, to: "access.log-\(name)")
            compress(directory.file("access.log-\(name)"))
            writer.write("\(line)\n")
        }
        let after = Following(log, position: position, beginning: .end)
        after.poll()
        #expect(after.lines == ["b", "c", "d"])
    }

    @Test func aRestartInTheMiddleOfACompressedFileGoesOnThere() throws {
        let writer = Writer(log)
        writer.write("0\n")
        var position: FilePosition? = try read()
        let line = String(repeating: "x", count: 997)
        for number in 0..<9000 { writer.write("\(1000 + number)\(line)\n") }
        rotate(writer, to: "access.log.1")
        compress(directory.file("access.log.1"))
        writer.write("last\n")
        var lines: [String] = []
        var restarts = 0
        while lines.last != "last", restarts < 20 {
            let follower = FileFollower(path: log, position: position, beginning: .end)
            var seen = Lines()
            // Dies after the first turn with lines; what was read before is gone over in turns,
            // too.
            var hasMore = true
            while hasMore, seen.lines.isEmpty {
                let outcome = follower.poll(now: .seconds(1000), into: &seen)
                #expect(outcome.bytes <= FileFollower.turnLimit + 400_000)
                hasMore = outcome.hasMore
            }
            lines += seen.lines
            position = follower.position
            restarts += 1
        }
        #expect(restarts > 2)
        let numbers = lines.map { String($0.prefix(4)) }
        let isExact = numbers == (1000..<10_000).map { "\($0)" } + ["last"]
        #expect(isExact)
    }

    @Test func aDamagedOneIsReadAsFarAsItGoesAndTheGapIsNoted() throws {
        let writer = Writer(log)
        writer.write("a\n")
        let position = try read()
        for number in 0..<50_000 { writer.write("\(number) \(number &* 2_654_435_761 % 65_521)\n") }
        rotate(writer, to: "access.log.1")
        let packed = gzip(contents(directory.file("access.log.1")))
        unlink(directory.file("access.log.1"))
        writer.write("last\n")
        for isCut in [true, false] {
            var bytes = packed
            if isCut {
                bytes.removeLast(bytes.count / 2)
            } else {
                for index in bytes.count / 2..<bytes.count / 2 + 100 { bytes[index] ^= 0x5A }
            }
            unlink(directory.file("access.log.1.gz"))
            Writer(directory.file("access.log.1.gz")).write(bytes)
            let after = Following(log, position: position, beginning: .end)
            after.poll()
            #expect(after.lines.count > 1000)
            #expect(after.lines.first == "0 0")
            #expect(after.lines.last == "last")
            #expect(after.seen.gaveUp == 1)
            after.poll()
            #expect(after.seen.gaveUp == 1)
        }
    }

    @Test func oneThatBeginsAlikeAndIsOlderIsNotTaken() throws {
        let writer = Writer(log)
        let old = directory.file("access.log.2.gz")
        Writer(old).write(gzip(Array("== started ==\nlong ago\n".utf8)))
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
        utimensat(AT_FDCWD, old, &times, 0)
        writer.write("== started ==\n")
        let position = try read()
        rotate(writer, to: "gone")
        writer.write("new\n")
        let after = Following(log, position: position, beginning: .end)
        after.poll()
        #expect(after.lines == ["new"])
        #expect(after.seen.gaveUp == 1)
    }

    @Test func whatCannotBeReadInBetweenIsAGap() throws {
        let writer = Writer(log)
        writer.write("a\n")
        let position = try read()
        writer.write("b\n")
        rotate(writer, to: "access.log.3")
        Writer(directory.file("access.log.2.xz")).write("of a kind that cannot be read\n")
        Writer(directory.file("access.log.1.gz")).write("not compressed at all\n")
        writer.write("c\n")
        let after = Following(log, position: position, beginning: .end)
        after.poll()
        #expect(after.lines == ["b", "c"])
        #expect(after.seen.gaveUp == 2)
    }

    @Test func aFileThatIsBeingCompressedIsReadFromTheOriginal() throws {
        let writer = Writer(log)
        writer.write("a\n")
        let position = try read()
        writer.write("b\n")
        rotate(writer, to: "access.log.1")
        Writer(directory.file("access.log.1.gz")).write(Array(gzip(Array("a\n".utf8)).prefix(12)))
        writer.write("c\n")
        let after = Following(log, position: position, beginning: .end)
        after.poll()
        #expect(after.lines == ["b", "c"])
        #expect(after.seen.gaveUp == 0)
    }

    @Test func anEmptyNewFileDoesNotMakeThePositionForgetTheOldOne() throws {
        let writer = Writer(log)
        let before = Following(log)
        writer.write("a\n")
        before.poll()
        rotate(writer, to: "access.log.1")
        before.poll()
        // Dies here. The new file is written, rotated and compressed, so its inode says nothing.
        writer.write("b\n")
        rename(directory.file("access.log.1"), directory.file("access.log.2"))
        rotate(writer, to: "access.log.1")
        compress(directory.file("access.log.1"))
        writer.write("c\n")
        let after = Following(log, position: before.follower.position, beginning: .end)
        after.poll()
        #expect(before.lines + after.lines == ["a", "b", "c"])
        #expect(after.seen.gaveUp == 0)
    }

    @Test func lateLinesOfTheOldFileAreNotReadAgainWhileTheNewOneIsEmpty() {
        let writer = Writer(log)
        let before = Following(log)
        writer.write("a\n")
        before.poll()
        rename(log, directory.file("access.log.1"))
        let created = Writer(log)
        before.poll()
        writer.write("late\n")
        before.poll()
        let after = Following(log, position: before.follower.position, beginning: .end)
        created.write("b\n")
        after.poll()
        #expect(before.lines + after.lines == ["a", "late", "b"])
    }

    /// Once the old file is compressed, file systems soon give its inode to another one.
    @Test func aNewLogWithTheInodeOfTheOldOneIsNotTakenForATruncatedOne() throws {
        let writer = Writer(log)
        writer.write("a\n")
        var position = try read()
        rotate(writer, to: "access.log.1")
        compress(directory.file("access.log.1"))
        var status = stat()
        try #require(stat(log, &status) == 0)
        position.inode = UInt64(status.st_ino)
        let after = Following(log, position: position, beginning: .end)
        after.poll()
        writer.write("b\n")
        for line in ["c", "d"] {
            rename(directory.file("access.log.2.gz"), directory.file("access.log.3.gz"))
            rename(directory.file("access.log.1.gz"), directory.file("access.log.2.gz"))
            rename(directory.file("access.log.1"), directory.file("access.log.2"))
            rotate(writer, to: "access.log.1")
            writer.write("\(line)\n")
        }
        after.poll()
        after.poll()
        #expect(after.lines == ["b", "c", "d"])
        #expect(after.seen.gaveUp == 0)
    }
}
