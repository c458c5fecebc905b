// Files and functions that a person can take in at once.

extension Rule {
    private static let isSwift: @Sendable (SourceFile) -> Bool = {
        $0.isSwift && ($0.isSource || $0.isTest)
    }

    static let fileLimit = 400
    static let functionLimit = 70
    static let lineLimit = 100

    static let fileLength = Rule(
        "file-length", instead: "move what changes together into `Type+Concern.swift`",
        in: isSwift,
        good: Example(text: String(repeating: "//\n", count: fileLimit)),
        bad: Example(text: String(repeating: "//\n", count: fileLimit + 1))
    ) { file in
        let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
        return count > fileLimit ? [(count, "\(count) lines, over \(fileLimit)")] : []
    }

    static let lineLength = Rule(
        "line-length", instead: "run `swift format -i` on the file, or break the text",
        in: isSwift,
        good: Example(text: String(repeating: "é", count: lineLimit)),
        bad: Example(text: "//" + String(repeating: "x", count: lineLimit))
    ) { file in
        file.lines.enumerated().compactMap { index, line in
            guard line.utf8.count > lineLimit, line.count > lineLimit else { return nil }
            return (index + 1, "\(line.count) columns, over \(lineLimit)")
        }
    }

    static let functionLength = Rule(
        "function-length", instead: "give its parts names of their own",
        in: isSwift,
        good: Example(text: function(lines: functionLimit)),
        bad: Example(text: function(lines: functionLimit + 1))
    ) { file in
        file.code.indices.compactMap { index in
            guard declaresFunction(file.code[index]),
                let length = length(file.code(fromLine: index + 1)), length > functionLimit
            else { return nil }
            return (index + 1, "a function of \(length) lines, over \(functionLimit)")
        }
    }

    static let openingComment = Rule(
        "opening-comment", instead: "open the file with a comment that says why it exists",
        in: { $0.isSwift && $0.isSource },
        good: Example(text: "// Why.\nlet x = 1"),
        bad: Example(text: "import Glibc")
    ) { file in
        file.lines.first?.hasPrefix("//") ?? false ? [] : [(1, "no opening comment")]
    }

    private static func function(lines: Int) -> String {
        "    @discardableResult public static func f(a: Int = { 1 }()) {\n"
            + String(repeating: "        g(\"}\") // }\n", count: lines - 2) + "    }\n"
    }

    // MARK: - Functions

    private static let modifiers: Set<String> = [
        "public", "package", "internal", "fileprivate", "private", "open", "final", "static",
        "class", "override", "mutating", "nonmutating", "required", "convenience", "consuming",
        "borrowing", "nonisolated", "isolated", "prefix", "postfix", "infix", "indirect",
    ]

    /// Whether a function or an initialiser begins on this line of code.
    static func declaresFunction(_ line: String) -> Bool {
        // Most lines are told apart without a look at their words.
        guard line.contains("func ") || line.contains("init") else { return false }
        for word in line.split(separator: " ") {
            if word == "func" { return true }
            let name = word.prefix { SourceFile.isName($0.utf8.first ?? 0) }
            if name == "init" {
                return word != "init" && "(?<!".contains(word.dropFirst(4).first ?? "x")
            }
            guard modifiers.contains(String(word)) || word.hasPrefix("@") else { return false }
        }
        return false
    }

    /// Lines from the declaration to the end of its body; nil: it has none (a requirement).
    static func length(_ code: ArraySlice<UInt8>) -> Int? {
        var (lines, depth, braces) = (1, 0, 0)
        for byte in code {
            switch byte {
            case UInt8(ascii: "\n"): lines += 1
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{"): if depth == 0 || braces > 0 { braces += 1 }
            case UInt8(ascii: "}"):
                if braces == 0, depth == 0 { return nil }
                if braces > 0 { braces -= 1 }
                if braces == 0, depth == 0 { return lines }
            default: break
            }
        }
        return nil
    }
}
