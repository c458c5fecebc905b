// A house rule that a program can check. It brings its own example of what it allows and what it
// refuses, so that a rule that does nothing is found.

import Testing

struct Rule: Sendable, CustomTestStringConvertible {
    /// A file to try the rule on.
    struct Example: Sendable {
        var path = "Sources/WatchDaemon/Example.swift"
        var text: String

        var file: SourceFile { SourceFile(path: path, text: text) }
    }

    struct Finding: Hashable, Sendable, CustomStringConvertible {
        var path: String
        var line: Int
        var rule: String
        var message: String

        var description: String { "\(path):\(line): [\(rule)] \(message)" }
    }

    let name: String
    /// What to do instead; part of every message.
    let instead: String
    let good: Example
    let bad: Example
    private let appliesTo: @Sendable (SourceFile) -> Bool
    private let check: @Sendable (SourceFile) -> [(line: Int, what: String)]

    init(
        _ name: String, instead: String, in appliesTo: @escaping @Sendable (SourceFile) -> Bool,
        good: Example, bad: Example,
        check: @escaping @Sendable (SourceFile) -> [(line: Int, what: String)]
    ) {
        self.name = name
        self.instead = instead
        self.good = good
        self.bad = bad
        self.appliesTo = appliesTo
        self.check = check
    }

    /// A rule against words.
    init(
        _ name: String, words: [String], instead: String,
        in appliesTo: @escaping @Sendable (SourceFile) -> Bool, good: Example, bad: Example
    ) {
        self.init(name, instead: instead, in: appliesTo, good: good, bad: bad) { file in
            words.flatMap { word in file.lines(with: word).map { ($0, "'\(word)'") } }
        }
    }

    func findings(in file: SourceFile) -> [Finding] {
        guard appliesTo(file) else { return [] }
        return check(file).map {
            Finding(path: file.path, line: $0.line, rule: name, message: "\($0.what): \(instead)")
        }
    }

    var testDescription: String { name }
}
