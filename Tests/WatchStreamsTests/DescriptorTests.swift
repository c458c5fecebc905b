// The process has no descriptor left while a log is rotated: nothing is lost, it is said, and it
// goes on by itself. The limit is the process's, so each of these runs in one of its own.

import Glibc
import Testing
import WatchCore

@testable import WatchStreams

/// Ends the process that the test runs in, so that it fails.
private func check(
    _ holds: Bool, _ what: @autoclosure () -> String = "", line: Int = #line
) {
    guard !holds else { return }
    let text = Array("line \(line): not as expected: \(what())\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(EXIT_FAILURE)
}

/// Runs `body` while only so many more can be opened.
private func scarce(leaving count: Int, _ body: () -> Void) {
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var before = rlimit()
    check(getrlimit(kind, &before) == 0)
    var few = before
    few.rlim_cur = 200
    check(setrlimit(kind, &few) == 0)
    var taken: [Int32] = []
    while true {
        let copy = dup(0)
        guard copy >= 0 else { break }
        taken.append(copy)
    }
    check(errno == EMFILE && taken.count > count)
    for _ in 0..<count { close(taken.removeLast()) }
    body()
    for copy in taken { close(copy) }
    check(setrlimit(kind, &before) == 0)
}

@Suite struct DescriptorTests {
    /// With some left it is opened, and what lies between cannot be looked for, or not all of it.
    @Test func rotationsWithoutDescriptorsLoseNothing() async {
        await #expect(processExitsWith: .success) {
            for left in 0...3 {
                let directory = Directory()
                let log = directory.file("access.log")
                func rotate(_ writer: Writer) {
                    rename(directory.file("access.log.2"), directory.file("access.log.3"))
                    rename(directory.file("access.log.1"), directory.file("access.log.2"))
                    rename(log, directory.file("access.log.1"))
                    writer.reopen()
                }
                let writer = Writer(log)
                let following = Following(log)
                writer.write("1\n")
                following.poll()
                writer.write("2\n")
                rotate(writer)
                writer.write("3\n")
                rotate(writer)
                writer.write("4\n")
                rotate(writer)
                writer.write("5\n")
                var isTold = false
                scarce(leaving: left) {
                    following.poll()
                    isTold = following.reason.contains("too many open files; raise LimitNOFILE")
                    following.poll()
                }
                // What is open is read on, and what is not is not passed over.
                check(isTold || left > 2, following.reason)
                check(following.lines.starts(with: ["1", "2"]), "\(following.lines)")
                check(left > 2 || following.lines.count == 2, "\(following.lines)")
                writer.write("6\n")
                following.poll()
                check(following.lines == ["1", "2", "3", "4", "5", "6"], "\(following.lines)")
                check(following.isReading && following.seen.gaveUp == 0, following.reason)
            }
        }
    }

    @Test func startingWithoutDescriptorsLosesNothing() async {
        await #expect(processExitsWith: .success) {
            for left in 0...3 {
                let directory = Directory()
                let log = directory.file("access.log")
                let writer = Writer(log)
                let before = Following(log)
                writer.write("1\n")
                before.poll()
                writer.write("2\n")
                rename(log, directory.file("access.log.2"))
                writer.reopen()
                writer.write("3\n")
                rename(log, directory.file("access.log.1"))
                writer.reopen()
                writer.write("4\n")
                let after = Following(log, position: before.follower.position)
                scarce(leaving: left) { after.poll() }
                check(left > 2 || after.lines.isEmpty, "\(after.lines)")
                check(left > 2 || after.reason.contains("too many open files"), after.reason)
                after.poll()
                check(after.lines == ["2", "3", "4"] && after.isReading, "\(after.lines)")
                check(after.seen.gaveUp == 0)
            }
        }
    }

    /// What was not read of a log that was copied and truncated is in the copy, also for a watchd
    /// that is started meanwhile.
    @Test func aTruncationWithoutDescriptorsLosesNothing() async {
        await #expect(processExitsWith: .success) {
            for left in 0...1 {
                let directory = Directory()
                let log = directory.file("access.log")
                let writer = Writer(log)
                let following = Following(log)
                writer.write("1\n")
                following.poll()
                Writer(directory.file("access.log.1")).write("1\n2\n")
                writer.truncate()
                writer.write("3\n")
                scarce(leaving: left) {
                    following.poll()
                    following.poll()
                }
                check(left > 0 || following.lines == ["1"], "\(following.lines)")
                check(left > 0 || following.reason.contains("too many open"), following.reason)
                let resumed = Following(log, position: following.follower.position)
                resumed.poll()
                let all = following.lines + resumed.lines
                check(all == ["1", "2", "3"], "\(all)")
                following.poll()
                check(following.lines == ["1", "2", "3"], "\(following.lines)")
                check(following.isReading && following.seen.unfinished == 0, following.reason)
            }
        }
    }

    /// Where there is no copy, what was begun is counted as lost when that is known.
    @Test func aTruncationWithoutACopyIsToldWhenItIsKnown() async {
        await #expect(processExitsWith: .success) {
            let directory = Directory()
            let log = directory.file("access.log")
            let writer = Writer(log)
            let following = Following(log)
            writer.write("1\nhal")
            following.poll()
            writer.truncate()
            writer.write("2\n")
            scarce(leaving: 0) { following.poll() }
            check(following.lines == ["1"] && following.seen.unfinished == 0)
            following.poll()
            check(following.lines == ["1", "2"] && following.seen.unfinished == 1)
        }
    }

    /// A pattern that cannot be looked at says nothing about the files.
    @Test func aPatternWithoutDescriptorsIsNotEmpty() async {
        await #expect(processExitsWith: .success) {
            let directory = Directory()
            let writer = Writer(directory.file("a.log"))
            writer.write("200\n")
            guard let reading = try? GlobReading(directory.file("*.log"), beginning: .end) else {
                return check(false)
            }
            var lines = 0
            scarce(leaving: 0) { lines += reading.poll() }
            check(reading.reason.contains("too many open files"), reading.reason)
            lines += reading.poll()
            check(reading.reason.isEmpty && lines == 0, "\(reading.reason) \(lines)")
            writer.write("200\n")
            scarce(leaving: 0) { lines += reading.poll() }
            Writer(directory.file("b.log")).write("200\n200\n")
            scarce(leaving: 0) { lines += reading.poll() }
            lines += reading.poll()
            check(lines == 3 && reading.reason.isEmpty, "\(reading.reason) \(lines)")
        }
    }
}
