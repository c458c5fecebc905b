// Whatever is done to the names of the files of a pattern, each line counts once.

import Glibc
import Testing
import WatchCore

@testable import WatchStreams

@Suite struct GlobTortureTests {
    /// Four thousand seeds were tried once.
    @Test(arguments: 0..<80) func eachLineOfEachFileIsReadOnce(seed: Int) throws {
        let torture = try Torture(seed: seed)
        for step in 0..<60 {
            try torture.step()
            guard torture.read <= torture.written else {
                Issue.record("seed \(seed), step \(step): \(torture.story)")
                return
            }
        }
        try torture.end()
        #expect(torture.read == torture.written, "seed \(seed): \(torture.story)")
    }

    private final class Torture {
        private let directory = Directory()
        private var random: Seeded
        private var reading: GlobReading
        private(set) var story: [String] = []
        private(set) var written = 0
        private(set) var read = 0
        /// Names of files, all of different numbers.
        private var names: Set<String> = []
        private var away: Set<String> = []

        private var pattern: String { directory.file("logs/*.log") }

        init(seed: Int) throws {
            random = Seeded(state: UInt64(seed))
            mkdir(directory.file("logs"), 0o755)
            reading = try Self.reading(directory.file("logs/*.log"), nil)
        }

        /// Of files that are away under a restart nobody knows whether they come back: losses are
        /// told. All files are younger than what was seen, so those that are not known are read.
        private static func reading(
            _ pattern: String, _ position: FilesPosition?
        ) throws -> GlobReading {
            let reading = try GlobReading(
                pattern, position: position, beginning: .start, format: "$status $number", wall: 0)
            reading.losesNothing = false
            return reading
        }

        private func file(_ name: String) -> String { directory.file("logs/\(name)") }

        private func write(_ name: String) {
            let count = Int.random(in: 1...3, using: &random)
            for _ in 0..<count {
                Writer(file(name)).write("200 \(written)\n")
                written += 1
            }
            story.append("write \(name) \(count)")
        }

        private func move(_ name: String, _ other: String) {
            guard rename(file(name), file(other)) == 0 else { return }
            if names.remove(name) != nil { names.insert(other) }
            story.append("\(name) -> \(other)")
        }

        private func any(_ names: Set<String>) -> String? {
            names.sorted().randomElement(using: &random)
        }

        func step() throws {
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1:
                if let name = any(names) { write(name) }
            case 2:
                names.insert("app.log")
                write("app.log")
            case 3: rotate()
            case 4:
                let new = "n\(Int.random(in: 0..<6, using: &random)).log"
                if let name = any(names), !names.contains(new) { move(name, new) }
            case 5:
                if let name = any(names), names.count > 1 {
                    let out = "\(story.count).tmp"
                    move(name, out)
                    names.remove(out)
                    away.insert(out)
                }
            case 6:
                let new = "o\(Int.random(in: 0..<6, using: &random)).log"
                if let name = any(away), !names.contains(new) {
                    if Bool.random(using: &random) { write(name) }
                    move(name, new)
                    away.remove(name)
                    names.insert(new)
                }
            case 7:
                if let name = any(names) {
                    symlink(name, file("new"))
                    rename(file("new"), file("link.log"))
                    story.append("link to \(name)")
                }
            case 8:
                if let one = any(names), let other = any(names), one != other {
                    rename(file(one), file("new"))
                    rename(file(other), file(one))
                    rename(file("new"), file(other))
                    story.append("\(one) <-> \(other)")
                }
            case 9: try restart()
            default:
                poll(Double([1, 30, 950, 1100, 2000, 6000].randomElement(using: &random) ?? 0))
            }
        }

        private func rotate() {
            let numbers = (1...9).prefix { names.contains("app.\($0).log") }
            guard numbers.count < 9, names.contains("app.log") else { return }
            for number in numbers.reversed() {
                move("app.\(number).log", "app.\(number + 1).log")
            }
            move("app.log", "app.1.log")
            if Bool.random(using: &random) {
                names.insert("app.log")
                write("app.log")
            }
        }

        private func poll(_ milliseconds: Double) {
            let lines = reading.poll(after: milliseconds / 1000)
            read += lines
            story.append("\(Int(milliseconds)) ms: \(lines)")
        }

        private func restart() throws {
            let position = reading.position
            reading = try Self.reading(pattern, position)
            story.append("restart")
            guard Bool.random(using: &random) else { return }
            rename(directory.file("logs"), directory.file("elsewhere"))
            story.append("late")
            poll(1000)
            poll(6000)
            rename(directory.file("elsewhere"), directory.file("logs"))
        }

        func end() throws {
            for name in away.sorted() {
                move(name, "z-\(name).log")
            }
            for _ in 0..<12 { poll(2000) }
        }
    }
}
