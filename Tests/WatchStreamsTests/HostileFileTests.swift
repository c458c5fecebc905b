// Files that are no logs, and logs that are no text.

import Glibc
import Testing
import WatchCore
import WatchStreams

@Suite struct HostileFileTests {
    let directory = Directory()
    var log: String { directory.file("access.log") }

    @Test func aLineOfAMegabyteIsSkippedAndCountedOnce() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\n")
        for _ in 0..<20 {
            writer.write([UInt8](repeating: 120, count: 100_000))
            following.poll()
        }
        #expect(following.seen.tooLong == 1)
        #expect(following.follower.position?.offset == 2)
        writer.write("\nb\n")
        following.poll()
        #expect(following.lines == ["a", "b"])
        #expect(following.seen.tooLong == 1)
    }

    @Test func theBoundOfALineIsTheSameHoweverItArrives() {
        for pieces in [1, 3, 100] {
            for length in [FileFollower.lineLimit, FileFollower.lineLimit + 1] {
                let directory = Directory()
                let writer = Writer(directory.file("log"))
                let following = Following(directory.file("log"))
                let text = [UInt8](repeating: 120, count: length) + [10]
                let size = text.count / pieces + 1
                for start in stride(from: 0, to: text.count, by: size) {
                    writer.write(Array(text[start..<min(start + size, text.count)]))
                    following.poll()
                }
                let isTooLong = length > FileFollower.lineLimit
                #expect(following.lines.count == (isTooLong ? 0 : 1))
                #expect(following.seen.tooLong == (isTooLong ? 1 : 0))
            }
        }
    }

    @Test func aTurnIsBounded() {
        let writer = Writer(log)
        let line = [UInt8](repeating: 120, count: 999) + [10]
        let block = Array(repeatElement(line, count: 1000).joined())
        for _ in 0..<10 { writer.write(block) }
        let follower = FileFollower(path: log, beginning: .start)
        var lines = Lines()
        let outcome = follower.poll(now: .seconds(1), into: &lines)
        #expect(outcome.hasMore)
        #expect(lines.lines.count < 5000)
        while follower.poll(now: .seconds(1), into: &lines).hasMore {}
        #expect(lines.lines.count == 10_000)
    }

    @Test func garbageIsUnparsedAndNothingElse() throws {
        var random = SystemRandomNumberGenerator()
        let writer = Writer(log)
        let follower = FileFollower(path: log, beginning: .start)
        let stream = StreamConfiguration(
            name: "access", kind: .file(path: log), format: .nginx(LogFormat.nginxCombined))
        var builder = BatchBuilder(try LineParser(stream))
        builder.begin(at: Moment(boot: .seconds(50), wall: .seconds(1_795_253_400)))
        var newlines = 0
        for _ in 0..<50 {
            let bytes = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
            newlines += bytes.count { $0 == 10 }
            writer.write(bytes)
            while follower.poll(now: .seconds(50), into: &builder).hasMore {}
        }
        let batch = builder.take(source: .reading)
        #expect(batch.lines == newlines)
        #expect(batch.losses.unparsed == newlines)
        #expect(batch.slices.isEmpty)
    }

    @Test func aDirectoryIsRefusedWithAnAdvice() {
        mkdir(log, 0o755)
        let following = Following(log)
        following.poll()
        #expect(following.reason.contains("is a directory; name the log file in it"))
        rmdir(log)
        Writer(log).write("a\n")
        following.poll()
        #expect(following.isReading)
        #expect(following.lines == ["a"])
    }

    @Test func aFIFOIsRefusedWithoutWaitingForItsWriter() {
        mkfifo(log, 0o644)
        let following = Following(log)
        following.poll()
        #expect(following.reason.contains("is a FIFO"))
    }

    @Test func aLoopOfLinksIsRefusedWithAnAdvice() {
        symlink(log, log)
        let following = Following(log)
        following.poll()
        #expect(following.reason.contains("loop of symbolic links"))
    }

    @Test func aFileInPlaceOfADirectoryIsNamed() {
        Writer(log).write("a\n")
        let following = Following(log + "/b")
        following.poll()
        #expect(following.reason.contains("is no directory"))
    }

    @Test func aDeviceIsRefused() {
        let following = Following("/dev/zero")
        following.poll()
        #expect(following.reason.contains("is a device"))
    }

    @Test func aLogBehindALinkIsFollowedToTheNextTarget() {
        Writer(directory.file("one")).write("1\n")
        Writer(directory.file("two")).write("2\n")
        symlink("one", log)
        let following = Following(log)
        following.poll()
        unlink(log)
        symlink("two", log)
        following.poll()
        #expect(following.lines == ["1", "2"])
    }

    @Test func tooManyRotatedFilesAreCountedNotSwallowed() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("0\n")
        following.poll()
        for number in 0..<300 {
            rename(log, directory.file("access.log-\(1000 + number)"))
            writer.reopen()
            writer.write("\(number + 1)\n")
        }
        following.poll()
        #expect(following.seen.gaveUp > 0)
        #expect(following.lines.count + following.seen.gaveUp == 301)
        #expect(following.lines.last == "300")
    }
}
