// Files of a pattern that are renamed to each other: each line of each is read once.

import Glibc
import Testing
import WatchCore

@testable import WatchStreams

@Suite struct GlobRotationTests {
    private let directory = Directory()
    private var pattern: String { directory.file("logs/*.log") }

    init() { mkdir(directory.file("logs"), 0o755) }

    private func file(_ name: String) -> String { directory.file("logs/\(name)") }

    /// Files of different status begin differently.
    private func write(_ name: String, _ lines: Int, status: Int = 200) {
        Writer(file(name)).write(String(repeating: "\(status)\n", count: lines))
    }

    private func move(_ name: String, _ other: String) { rename(file(name), file(other)) }

    /// After so long what was renamed is let go.
    private func expectSilence(_ reading: GlobReading, _ note: Comment? = nil) {
        for _ in 0..<16 {
            #expect(reading.poll(after: 0.9) == 0, note)
            #expect(reading.reason == "", note)
        }
    }

    // MARK: - Names within the pattern

    @Test(arguments: [1, 2]) func numberedNamesHaveNoFollowersThatTakeEachOthersFiles(
        rotations: Int
    ) throws {
        write("app.log", 3)
        write("app.1.log", 2, status: 201)
        let reading = try GlobReading(pattern, beginning: .start)
        #expect(reading.poll() == 5)
        for round in 0..<4 {
            write("app.log", 3, status: 210 + round)
            for rotation in 0..<rotations {
                for number in (1...round * rotations + rotation + 1).reversed() {
                    move("app.\(number).log", "app.\(number + 1).log")
                }
                move("app.log", "app.1.log")
                write("app.log", 2, status: 220 + round * 2 + rotation)
            }
            #expect(reading.poll() == 3 + 2 * rotations, "\(round)")
            expectSilence(reading, "\(round)")
        }
        write("app.1.log", 1)
        #expect(reading.poll() == 1)
    }

    @Test func aRotationWithinThePatternWhileWeAreAwayIsReadOnce() throws {
        write("app.log", 3)
        write("app.1.log", 2, status: 201)
        let first = try GlobReading(pattern, beginning: .start)
        #expect(first.poll() == 5)
        for round in 0..<2 {
            write("app.log", 4, status: 210 + round)
            for number in (1...round + 1).reversed() {
                move("app.\(number).log", "app.\(number + 1).log")
            }
            move("app.log", "app.1.log")
        }
        write("app.log", 1, status: 220)
        let second = try GlobReading(pattern, position: first.position)
        #expect(second.poll() == 9)
        expectSilence(second)
    }

    @Test func alsoWhenTheOneThatWasReadIsCompressed() throws {
        write("app.log", 3)
        let first = try GlobReading(pattern, beginning: .start)
        #expect(first.poll() == 3)
        write("app.log", 4)
        let text = String(repeating: "200\n", count: 7)
        Writer(file("app-20261126.log.gz")).write(gzip(Array(text.utf8)))
        unlink(file("app.log"))
        write("app-20261127.log", 5, status: 201)
        write("app.log", 6, status: 202)
        let second = try GlobReading(pattern, position: first.position)
        #expect(second.poll() == 15)
        expectSilence(second)
        write("app-20261127.log", 1)
        #expect(second.poll() == 1)
    }

    @Test func aLinkAndItsTargetAreOneFile() throws {
        write("z1.log", 2)
        symlink("z1.log", file("app.log"))
        let reading = try GlobReading(pattern, beginning: .start)
        #expect(reading.poll() == 2)
        write("z1.log", 3)
        #expect(reading.poll() == 3)
        for number in 2..<6 {
            write("z\(number).log", number)
            // Now and then it is looked at before the link leads to it.
            if number % 2 == 0 { #expect(reading.poll() == number) }
            symlink("z\(number).log", file("new"))
            move("new", "app.log")
            #expect(reading.poll() == (number % 2 == 0 ? 0 : number))
            write("z\(number).log", 4)
            write("z\(number - 1).log", 1)
            #expect(reading.poll() == 5)
            expectSilence(reading, "\(number)")
            write("z\(number).log", 4)
            write("z\(number - 1).log", 1)
            #expect(reading.poll() == 5, "\(number)")
        }
    }

    @Test func aRestartWhileTheSeenStandsStillReadsWhatWasRotatedOnce() throws {
        write("app.log", 3)
        let first = try GlobReading(pattern, beginning: .start)
        #expect(first.poll() == 3)
        move("app.log", "app-1.log")
        write("app.log", 4, status: 201)
        #expect(first.poll() == 4)
        for pause in [0.1, 20, 20] {
            #expect(first.poll(after: pause) == 0)
            var position = try #require(first.position)
            position.seen -= 200_000_000_000
            let second = try GlobReading(pattern, position: position)
            #expect(second.poll() == 0)
            expectSilence(second)
        }
    }

    @Test func aRenamedFileIsReadOnWhenItsWriterPaused() throws {
        write("a.log", 3)
        write("b.log", 1, status: 201)
        let reading = try GlobReading(pattern, beginning: .start)
        #expect(reading.poll() == 4)
        for round in 0..<3 {
            move("a.log", "a-17.log")
            expectSilence(reading)
            write("a-17.log", 5)
            #expect(reading.poll() == 5, "\(round)")
            move("a-17.log", "a.log")
            write("a.log", 2)
            #expect(reading.poll() == 2, "\(round)")
            expectSilence(reading)
            write("a.log", 1)
            #expect(reading.poll() == 1, "\(round)")
        }
    }

    /// An inode is given to the next file within milliseconds.
    @Test(arguments: [false, true]) func aNewFileWithTheInodeOfARenamedOneIsRead(
        isLetGo: Bool
    ) throws {
        write("a.log", 3)
        let reading = try GlobReading(pattern, beginning: .start)
        #expect(reading.poll() == 3)
        move("a.log", "b.log")
        write("a.log", 1, status: 201)
        #expect(reading.poll() == 1)
        expectSilence(reading)
        rename(file("b.log"), directory.file("b.log"))
        if isLetGo { expectSilence(reading) }
        let writer = Writer(directory.file("b.log"))
        writer.truncate()
        writer.write("202\n202\n202\n202\n")
        rename(directory.file("b.log"), file("c.log"))
        #expect(reading.poll() == 4)
    }

    // MARK: - Files that are away

    @Test func aFileThatWasOutOfThePatternIsReadOn() throws {
        write("a.log", 3)
        write("b.log", 3)
        let reading = try GlobReading(pattern, beginning: .start)
        #expect(reading.poll() == 6)
        for pause in [1, 12, 100] {
            move("a.log", "a.tmp")
            for _ in 0..<4 { #expect(reading.poll(after: Double(pause)) == 0) }
            write("a.tmp", 2)
            move("a.tmp", "a.log")
            #expect(reading.poll() == 2, "\(pause)")
        }
    }

    @Test func aFileThatWasAwayUnderARestartIsReadOn() throws {
        write("a.log", 3)
        let first = try GlobReading(pattern, beginning: .start)
        #expect(first.poll() == 3)
        move("a.log", "a.tmp")
        for _ in 0..<4 { #expect(first.poll(after: 6) == 0) }
        let second = try GlobReading(pattern, position: first.position)
        #expect(second.poll() == 0)
        move("a.tmp", "a.log")
        #expect(second.poll() == 0)
        write("a.log", 1)
        #expect(second.poll() == 1)
    }

    @Test func aDirectoryThatComesLateIsReadOn() throws {
        write("a.log", 3)
        write("b.log", 3, status: 201)
        var reading = try GlobReading(pattern, beginning: .start)
        #expect(reading.poll() == 6)
        write("a.log", 2)
        rename(directory.file("logs"), directory.file("elsewhere"))
        // Also when watchd is started again before it is there.
        for _ in 0..<3 {
            reading = try GlobReading(pattern, position: reading.position)
            #expect(reading.poll() == 0)
            #expect(reading.reason.contains("no file is named"))
            #expect(reading.poll(after: 20) == 0)
        }
        rename(directory.file("elsewhere"), directory.file("logs"))
        move("b.log", "c.log")
        write("c.log", 1)
        #expect(reading.poll() == 3)
        expectSilence(reading)
    }

    /// Of what lay in it, only what was written since is new.
    @Test(arguments: [false, true]) func whatLayInADirectoryThatComesLateIsNotNew(
        isWritten: Bool
    ) throws {
        write("a.log", 3)
        write("b.log", 3, status: 201)
        let first = try GlobReading(pattern, beginning: .start)
        #expect(first.poll() == 6)
        var position = try #require(first.position)
        position.files.removeAll { $0.path.hasSuffix("b.log") }
        position.seen += isWritten ? -100_000_000_000 : 100_000_000_000
        rename(directory.file("logs"), directory.file("elsewhere"))
        let second = try GlobReading(pattern, position: position)
        #expect(second.poll() == 0)
        rename(directory.file("elsewhere"), directory.file("logs"))
        #expect(second.poll() == (isWritten ? 3 : 0))
    }

    /// As of a directory without `x`, or a mount that fails: that is no absence.
    @Test func aDirectoryThatCannotBeLookedIntoIsReadOn() throws {
        write("a.log", 3)
        write("b.log", 3, status: 201)
        let reading = try GlobReading(pattern, beginning: .start)
        #expect(reading.poll() == 6)
        for pause in [2.0, 20] {
            rename(directory.file("logs"), directory.file("elsewhere"))
            Writer(directory.file("logs")).write("no directory\n")
            #expect(reading.poll(after: pause) == 0)
            #expect(reading.poll(after: pause) == 0)
            #expect(reading.reason != "")
            unlink(directory.file("logs"))
            rename(directory.file("elsewhere"), directory.file("logs"))
            write("b.log", 2)
            #expect(reading.poll() == 2)
            #expect(reading.reason == "")
        }
    }
}
