// One configuration file as text, so that a diagnostic can quote it.

struct SourceFile: Hashable, Sendable {
    let name: String
    let lines: [String]

    init(name: String, text: String) {
        self.name = name
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasSuffix("\r") ? String($0.dropLast()) : String($0)
        }
    }

    /// Line `number` from 1, cut so that a diagnostic stays readable.
    func line(_ number: Int) -> String {
        guard lines.indices.contains(number - 1) else { return "" }
        return String(lines[number - 1].prefix(160))
    }
}

/// A place in a file; line and column from 1.
struct Place: Hashable, Sendable {
    var file: SourceFile
    var line: Int
    var column: Int

    func moved(by columns: Int) -> Place {
        Place(file: file, line: line, column: column + columns)
    }
}
