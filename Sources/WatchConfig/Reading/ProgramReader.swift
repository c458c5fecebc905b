// A program and its arguments, run as they are: no shell, no placeholders.

import WatchCore

struct ProgramReader {
    /// More are no question after a version.
    static let limit = 100

    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    /// nil, and a diagnostic, when it cannot be run so.
    func arguments(_ section: Section, _ key: String) -> [String]? {
        let items = section.list(key)
        guard let program = items.first else {
            if section.value(key)?.items != nil {
                problems.error(
                    section.place(key), "'\(key)' is empty", "write \(key): [/path, argument]")
            }
            return nil
        }
        guard items.count <= Self.limit else {
            problems.error(
                section.place(key), "\(items.count) arguments are too many",
                "keep \(Self.limit) or fewer, or write a script")
            return nil
        }
        let arguments = items.compactMap(argument)
        guard arguments.count == items.count else { return nil }
        guard arguments[0].hasPrefix("/") else {
            let shown = printable(arguments[0], limit: 40)
            problems.error(
                program.place, "'\(shown)' is no absolute path",
                arguments[0].contains(" ")
                    ? "write the program and each argument as an item of its own; there is no shell"
                    : "write the whole path, as in /usr/bin/\(shown)")
            return nil
        }
        return arguments
    }

    private func argument(_ item: YAMLValue) -> String? {
        guard let text = item.text, !item.isNull else {
            problems.error(
                item.place, "an argument is one value, this is \(item.kindName)",
                "quote it if it begins with [, { or is empty")
            return nil
        }
        guard text.utf8.count <= 4096, !text.utf8.contains(0) else {
            problems.error(
                item.place, "an argument has at most 4096 bytes, and no NUL among them",
                "make it shorter, or write a script")
            return nil
        }
        guard let at = text.firstRange(of: "${") else { return text }
        problems.error(
            item.place(ofByte: text.utf8.distance(from: text.startIndex, to: at.lowerBound)),
            "an argument here is taken as it is written: nothing is filled in",
            "let the program read what it needs itself, from a file or a credential of its own")
        return nil
    }
}
