// The parser stops at the first key that is given twice, but all problems are wanted at once. So
// the first letter of that key is exchanged for a private one, which keeps every column, and the
// file is parsed again; afterwards the tree is put right and each second key reported.

import WatchCore
import Yams

struct DuplicateKeys {
    private struct Renamed {
        var line: Int
        var column: Int
        var first: Unicode.Scalar
        var substitute: Unicode.Scalar
    }

    private let file: SourceFile
    private var renamed: [Renamed] = []

    init(file: SourceFile) { self.file = file }

    var count: Int { renamed.count }

    /// `text` with the key at `mark` made unique; nil when that cannot be done.
    mutating func rename(_ mark: Mark, in text: String) -> String? {
        guard let substitute = Unicode.Scalar(0xE000 + UInt32(renamed.count)) else { return nil }
        var scalars = text.unicodeScalars
        guard var index = Self.index(of: mark, in: scalars), index < scalars.endIndex else {
            return nil
        }
        if scalars[index] == "\"" || scalars[index] == "'" {
            index = scalars.index(after: index)
        }
        guard index < scalars.endIndex else { return nil }
        let first = scalars[index]
        guard first != "\\", first != "\"", first != "'", first != "\n", first != "[",
            first != "{", first != "!", first != "|", first != ">"
        else { return nil }
        renamed.append(
            Renamed(line: mark.line, column: mark.column, first: first, substitute: substitute))
        scalars.replaceSubrange(index...index, with: CollectionOfOne(substitute))
        return String(scalars)
    }

    /// Line breaks as libyaml counts them.
    private static func index(
        of mark: Mark, in scalars: String.UnicodeScalarView
    ) -> String.Index? {
        var line = 1
        var index = scalars.startIndex
        while line < mark.line, index < scalars.endIndex {
            let scalar = scalars[index]
            index = scalars.index(after: index)
            switch scalar {
            case "\r" where index < scalars.endIndex && scalars[index] == "\n": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": line += 1
            default: break
            }
        }
        return scalars.index(index, offsetBy: mark.column - 1, limitedBy: scalars.endIndex)
    }

    /// Gives the keys their names back; of equal keys the first stays, the others are errors.
    func resolve(_ value: YAMLValue, _ problems: Problems) -> YAMLValue {
        guard !renamed.isEmpty else { return value }
        var value = value
        switch value.kind {
        case .scalar: return value
        case .sequence(let items):
            value.kind = .sequence(items.map { resolve($0, problems) })
        case .mapping(let entries):
            var kept: [YAMLValue.Entry] = []
            var lines: [String: Int] = [:]
            for var entry in entries {
                entry.key = original(entry)
                entry.value = resolve(entry.value, problems)
                if let first = lines[entry.key] {
                    problems.error(
                        entry.keyPlace,
                        "'\(entry.key)' is given twice, first in line \(first)",
                        "keep one of them")
                } else {
                    lines[entry.key] = entry.keyPlace.line
                    kept.append(entry)
                }
            }
            value.kind = .mapping(kept)
        }
        return value
    }

    private func original(_ entry: YAMLValue.Entry) -> String {
        let match = renamed.first {
            $0.line == entry.keyPlace.line && $0.column == entry.keyPlace.column
        }
        guard let match, entry.key.unicodeScalars.first == match.substitute else {
            return entry.key
        }
        var scalars = entry.key.unicodeScalars
        scalars.removeFirst()
        scalars.insert(match.first, at: scalars.startIndex)
        return String(scalars)
    }
}
