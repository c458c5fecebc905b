// Each way in which a log changes under a reader, step by step.

import Glibc
import Testing
import WatchCore
import WatchStreams

@Suite struct RotationTests {
    let directory = Directory()
    var log: String { directory.file("access.log") }
    var old: String { directory.file("access.log.1") }

    @Test func appendedLinesAreReadOnce() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\nb\n")
        following.poll()
        writer.write("c\n")
        following.poll()
        following.poll()
        #expect(following.lines == ["a", "b", "c"])
    }

    @Test func aLineThatIsNotFinishedWaitsForItsEnd() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\nhal")
        following.poll()
        #expect(following.lines == ["a"])
        #expect(following.follower.position?.offset == 2)
        writer.write("f\n")
        following.poll()
        #expect(following.lines == ["a", "half"])
        #expect(following.follower.position?.offset == 7)
    }

    @Test func aRenamedFileIsReadToItsEndBeforeTheNewOne() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("1\n")
        following.poll()
        writer.write("2\n")
        rename(log, old)
        writer.write("3\n")
        writer.reopen()
        writer.write("4\n")
        following.poll()
        #expect(following.lines == ["1", "2", "3", "4"])
    }

    @Test func aSilentWriterKeepsItsFileWhileTheNewOneIsEmpty() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("1\n")
        following.poll()
        rename(log, old)
        let created = Writer(log)
        following.poll()
        following.poll(after: .seconds(8))
        following.poll(after: .seconds(8))
        writer.write("2\n3\n")
        following.poll()
        #expect(following.lines == ["1", "2", "3"])
        created.write("4\n")
        following.poll()
        following.poll(after: .seconds(8))
        following.poll()
        #expect(following.lines == ["1", "2", "3", "4"])
        #expect(following.follower.position?.offset == 2)
    }

    @Test(arguments: ["app-2026-11-27.log", "app-20261127-1795000000.log", "app.1.log"])
    func namesWithTheDateBeforeTheExtensionAreRotations(_ name: String) {
        let log = directory.file("app.log")
        let writer = Writer(log)
        let before = Following(log)
        writer.write("a\n")
        before.poll()
        writer.write("b\n")
        rename(log, directory.file(name))
        writer.reopen()
        writer.write("c\n")
        // The log of another instance.
        Writer(directory.file("app-2.log")).write("other\n")
        let after = Following(log, position: before.follower.position, beginning: .end)
        after.poll()
        #expect(after.lines == ["b", "c"])
        #expect(after.seen.gaveUp == 0)
    }

    @Test func aWriterThatReopensLateLosesNothing() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("1\n")
        following.poll()
        rename(log, old)
        let created = Writer(log)
        created.write("new\n")
        following.poll()
        writer.write("late\n")
        following.poll(after: .seconds(4))
        writer.write("later\n")
        following.poll(after: .seconds(4))
        #expect(following.lines == ["1", "new", "late", "later"])
        #expect(following.follower.position?.offset == 4)
        following.poll(after: .seconds(6))
        writer.write("far too late\n")
        following.poll()
        #expect(following.lines.count == 4)
    }

    /// The last lines of the old file and the first of the new one are written between the reads of
    /// the two; then watchd is killed, and goes on from the position of that turn.
    @Test func linesWrittenWhileFilesAreChangedSurviveARestart() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("1\n")
        following.poll()
        rename(log, old)
        let created = Writer(log)
        var lines = Interrupted {
            writer.write("late\n")
            created.write("new\n")
        }
        _ = following.follower.poll(now: following.now, into: &lines)
        let resumed = Following(log, position: following.follower.position)
        resumed.poll()
        #expect(following.lines + lines.lines + resumed.lines == ["1", "late", "new"])
    }

    @Test func severalRotationsBetweenTwoLooksLoseNothing() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("0\n")
        following.poll()
        for number in 1...3 {
            for age in stride(from: number, to: 0, by: -1) {
                let from = age == 1 ? log : directory.file("access.log.\(age - 1)")
                rename(from, directory.file("access.log.\(age)"))
            }
            writer.reopen()
            writer.write("\(number)\n")
        }
        following.poll()
        #expect(following.lines == ["0", "1", "2", "3"])
    }

    @Test func datedNamesAreFollowedInTheirOrder() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("0\n")
        following.poll()
        for (number, day) in ["20261119", "20261120", "20261121"].enumerated() {
            rename(log, directory.file("access.log-\(day)"))
            writer.reopen()
            writer.write("\(number + 1)\n")
        }
        following.poll()
        #expect(following.lines == ["0", "1", "2", "3"])
    }

    @Test func anotherProgramsLogBesideItIsNotTakenForARotatedOne() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("0\n")
        following.poll()
        rename(log, directory.file("access.log-20261120"))
        Writer(directory.file("access.log-worker")).write("not ours\n")
        Writer(directory.file("access.log.1")).write("of an older set-up\n")
        Writer(directory.file("access.log-20261121.gz")).write("compressed\n")
        writer.reopen()
        writer.write("1\n")
        following.poll()
        #expect(following.lines == ["0", "1"])
    }

    @Test func aTruncatedFileIsReadFromItsStart() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a long first line\n")
        following.poll()
        writer.truncate()
        writer.write("b\n")
        following.poll()
        #expect(following.lines == ["a long first line", "b"])
    }

    @Test func aFileThatWasTruncatedAndGrewBeyondIsReadFromItsStart() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\n")
        following.poll()
        writer.truncate()
        writer.write("b\nc\nd\n")
        following.poll()
        #expect(following.lines == ["a", "b", "c", "d"])
    }

    @Test func aFileThatWasTruncatedAndHasTheSameLengthAgainIsReadFromItsStart() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\n")
        following.poll()
        writer.truncate()
        writer.write("b\n")
        // File systems keep times in ticks: say surely that it was touched.
        var times = [timespec(tv_sec: 1, tv_nsec: 1), timespec(tv_sec: 1, tv_nsec: 1)]
        utimensat(AT_FDCWD, log, &times, 0)
        following.poll()
        #expect(following.lines == ["a", "b"])
    }

    @Test func copytruncateLosesNoLineThatWasReadBefore() {
        let writer = Writer(log)
        let following = Following(log)
        for number in 1...20 {
            writer.write("\(number) a\n\(number) b\n")
            following.poll()
            let copy = Writer(old)
            copy.write("\(number) a\n\(number) b\n")
            writer.truncate()
        }
        following.poll()
        #expect(following.lines == (1...20).flatMap { ["\($0) a", "\($0) b"] })
    }

    @Test func anUnfinishedLineThatIsTruncatedIsCounted() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\nhalf")
        following.poll()
        writer.truncate()
        writer.write("b\n")
        following.poll()
        #expect(following.lines == ["a", "b"])
        #expect(following.seen.unfinished == 1)
    }

    @Test func aFileThatIsGoneIsReadWhileItIsWrittenAndThenWaitedFor() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\n")
        following.poll()
        unlink(log)
        writer.write("b\n")
        following.poll()
        #expect(following.isReading)
        following.poll(after: .seconds(6))
        following.poll(after: .seconds(6))
        #expect(following.reason.contains("is gone"))
        writer.reopen()
        writer.write("c\n")
        following.poll()
        #expect(following.isReading)
        #expect(following.lines == ["a", "b", "c"])
        #expect(following.seen.gaveUp == 0)
    }

    @Test func aFileThatWasMovedAwayForLongIsFoundByItsNewName() {
        let writer = Writer(log)
        let following = Following(log)
        writer.write("a\n")
        following.poll()
        rename(log, old)
        following.poll()
        following.poll(after: .seconds(20))
        #expect(!following.isReading)
        writer.write("b\n")
        writer.reopen()
        writer.write("c\n")
        following.poll()
        #expect(following.lines == ["a", "b", "c"])
    }

    @Test func twentyRotationsOfEachKindCountEveryLine() {
        let writer = Writer(log)
        let following = Following(log)
        var truth: [String] = []
        for number in 0..<60 {
            for line in 0..<50 {
                truth.append("\(number) \(line)")
                writer.write("\(number) \(line)\n")
                if line % 17 == 0 { following.poll() }
            }
            switch number % 3 {
            case 0:
                rename(log, directory.file("access.log-\(1000 + number)"))
                writer.reopen()
            case 1:
                rename(log, directory.file("access.log-\(1000 + number)"))
                let created = Writer(log)
                following.poll()
                truth.append("late \(number)")
                writer.write("late \(number)\n")
                following.poll()
                withExtendedLifetime(created) { writer.reopen() }
            default:
                following.poll()
                writer.truncate()
            }
        }
        following.poll()
        #expect(following.lines == truth)
    }
}

/// Something happens when the first file is read and the next one is not.
private struct Interrupted: LineConsumer {
    var lines: [String] = []
    private var interruption: (() -> Void)?

    init(_ interruption: @escaping () -> Void) { self.interruption = interruption }

    mutating func consume(_ line: UnsafeRawBufferPointer) {
        lines.append(String(decoding: line, as: UTF8.self))
    }
    mutating func skippedLongLine() {}
    mutating func lostUnfinishedLine() {}
    mutating func gaveUpFile() {}

    mutating func beganFile() {
        interruption?()
        interruption = nil
    }
}
