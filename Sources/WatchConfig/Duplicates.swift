// A key given twice makes the YAML library give up the whole file. So that everything else is
// told in the same run, the second one is reported, put out of the way, and the rest is read.

import WatchCore
import Yams

enum Duplicates {
    /// So many duplicates are told; after that the file is given up.
    private static let limit = 20

    static func compose(
        _ text: inout String, _ file: SourceFile, _ report: Report
    ) throws -> [Node] {
        for round in 0... {
            do {
                return Array(try Yams.compose_all(yaml: text))
            } catch let error as YamlError {
                guard case .duplicatedKeysInMapping(let keys, let context) = error,
                    round < limit, let key = keys.first,
                    let line = second(key, after: context.mark, in: text)
                else { throw error }
                report.error(
                    Place(file: file, line: line, column: context.mark.column),
                    "'\(printable(key, limit: 40))' is given twice",
                    remedy: "the first is in line \(context.mark.line); keep one of them")
                text = renaming(key, inLine: line, round: round, text)
            }
        }
        return []
    }

    /// The line of the same key in the same column further down; nil inside `{ … }`.
    private static func second(_ key: String, after mark: Mark, in text: String) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let indent = String(repeating: " ", count: Swift.max(0, mark.column - 1))
        guard mark.line < lines.count else { return nil }
        return lines[mark.line...].firstIndex { $0.hasPrefix("\(indent)\(key):") }.map { $0 + 1 }
    }

    /// `key:` becomes a key that no part of the configuration knows or asks for.
    private static func renaming(
        _ key: String, inLine line: Int, round: Int, _ text: String
    ) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if let range = lines[line - 1].firstRange(of: "\(key):") {
            lines[line - 1].replaceSubrange(range, with: "\(Keys.duplicate)\(round):")
        }
        return lines.joined(separator: "\n")
    }
}

extension Keys {
    /// Begins keys that were reported already.
    static let duplicate = "duplicate-key-"
}
