// Words that do not belong into the code, each with what stands in its place.

extension Rule {
    private static let isShipped: @Sendable (SourceFile) -> Bool = { $0.isSwift && $0.isSource }
    private static let isSwift: @Sendable (SourceFile) -> Bool = {
        $0.isSwift && ($0.isSource || $0.isTest)
    }

    /// Files that may read a clock, and why.
    private static let clockReaders = [
        "Sources/WatchSystem/SystemTime.swift": "it is the clock of everybody else",
        "Sources/watchd-step/": "the shim links nothing of ours",
    ]

    static let clocks = Rule(
        "clocks",
        words: [
            "clock_gettime", "gettimeofday", "ContinuousClock", "SuspendingClock", "Date()",
            "Date.now", "DispatchTime.now", "DispatchWallTime.now", "time(nil)", "uptime",
        ],
        instead: "take a TimeSource or a Moment; only WatchSystem/SystemTime.swift reads clocks",
        in: { file in
            isShipped(file) && !clockReaders.keys.contains { file.path.hasPrefix($0) }
        },
        good: Example(text: "let now = time.now() // not ContinuousClock\nlog(\"Date()\")"),
        bad: Example(text: "let began = ContinuousClock.now"))

    static let crashes = Rule(
        "crashes", words: ["try!", "fatalError(", "as!", "assertionFailure("],
        instead: "throw a typed error that says cause and remedy; for a broken invariant of our "
            + "own write precondition() with a sentence",
        in: isShipped,
        good: Example(text: "guard let it = try? read() else { throw StoreError.full }"),
        bad: Example(text: "let it = try! read()"))

    /// The one place that writes to the terminal.
    private static let printer = "Sources/watchctl/Output.swift"

    static let printing = Rule(
        "printing", words: ["print(", "debugPrint(", "dump("],
        instead: "log with a Logger, or in watchctl go through \(printer)",
        in: { isShipped($0) && $0.path != printer },
        good: Example(text: "logger.info(\"print(\\(x))\"); fingerprint(x)"),
        bad: Example(text: "print(\"here\")"))

    static let unchecked = Rule(
        "unchecked",
        instead: "use Mutex, or say why it is right in a comment directly before it that begins "
            + "`// Safe:`",
        in: isSwift,
        good: Example(
            text: "// Safe: the handle is used by the loop's thread alone,\n// see `run`.\n"
                + "/// A handle.\nfinal class Handle: @unchecked Sendable {}"),
        bad: Example(text: "// It is fine.\nfinal class Handle: @unchecked Sendable {}")
    ) { file in
        ["@unchecked Sendable", "nonisolated(unsafe)"].flatMap { word in
            file.lines(with: word).filter { !isExplained(file, $0) }.map { ($0, "'\(word)'") }
        }
    }

    private static func isExplained(_ file: SourceFile, _ line: Int) -> Bool {
        for text in file.lines[..<(line - 1)].reversed() {
            let start = text.drop { $0 == " " }
            if start.hasPrefix("// Safe:") { return true }
            guard start.hasPrefix("//") || start.hasPrefix("@") else { return false }
        }
        return false
    }

    static let sleeping = Rule(
        "sleeping",
        instead: "wake the poller by hand, turn a manual clock, or wait for the event itself",
        in: { $0.isSwift && $0.isTest },
        good: Example(
            path: "Tests/WatchCoreTests/Good.swift",
            text: "func sleep(until: Instant) {}\nawait time.sleep(until: later)\nsh(\"sleep 5\")"),
        bad: Example(
            path: "Tests/WatchCoreTests/Bad.swift", text: "try await Task.sleep(for: .seconds(1))")
    ) { file in
        let calls = ["Task.sleep", "Thread.sleep", "usleep(", "nanosleep("]
        var found = calls.flatMap { word in file.lines(with: word).map { ($0, "'\(word)'") } }
        for at in file.offsets(of: "sleep(") where file.byte(before: at) != UInt8(ascii: ".") {
            let line = file.line(at: at)
            if file.code[line - 1].contains("func sleep(") { continue }
            found.append((line, "'sleep('"))
        }
        return found
    }

    static let switchedOff = Rule(
        "switched-off",
        words: [
            ".disabled(", "withKnownIssue", "XCTSkip", "XCTest", "#expect(true)",
            "#expect(Bool(true))",
        ],
        instead: "mend the test or remove it; one that needs root or a program says so with "
            + "`.enabled(if:)`",
        in: { $0.isSwift && $0.isTest },
        good: Example(
            path: "Tests/WatchCoreTests/Good.swift",
            text: "@Test(.enabled(if: isRoot)) func it() { #expect(true == x) }"),
        bad: Example(
            path: "Tests/WatchCoreTests/Bad.swift", text: "@Test(.disabled(\"later\")) func it() {}"
        ))

    static let machinePaths = Rule(
        "machine-paths",
        instead: "write a path from the root of the repository, or of an installed system",
        in: { _ in true },
        good: Example(path: "README.md", text: "see clones/of/it, $HOME/x"),
        bad: Example(path: "docs/x.md", text: "cd \(SourceFile.checkout)/Sources")
    ) { file in
        // Where this clone lies: no path of the machine it was written on may be in it.
        let root = SourceFile.checkout + "/"
        return file.lines.enumerated().compactMap { index, line in
            guard line.utf8.count >= root.utf8.count, hasPath(root, in: line) else { return nil }
            return (index + 1, "a path of one machine")
        }
    }

    private static func hasPath(_ root: String, in line: String) -> Bool {
        let (hay, needle) = (Array(line.utf8), Array(root.utf8))
        guard hay.count >= needle.count else { return false }
        return (0...hay.count - needle.count).contains { at in
            guard hay[at] == needle[0], hay[at..<at + needle.count].elementsEqual(needle) else {
                return false
            }
            return at == 0
                || !(SourceFile.isName(hay[at - 1]) || [45, 46, 125].contains(hay[at - 1]))
        }
    }
}
