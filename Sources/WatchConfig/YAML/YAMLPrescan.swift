// A look at the raw text before the parser sees it: what could make the parser itself slow or
// deep is refused here. It need not be exact; the tree is checked exactly afterwards.

enum YAMLPrescan {
    struct Excess {
        var place: Place
        var message: String
        var remedy: String
    }

    /// Anchors and aliases that the parser may meet: so few cannot multiply to anything.
    static let aliasLimit = 12
    /// Brackets open at once; quotes are not understood, so this is far above what nesting needs.
    static let bracketLimit = 200

    static func excess(_ file: SourceFile) -> Excess? {
        var aliases = 0
        var open = 0
        for (number, line) in file.lines.enumerated() {
            var before: Unicode.Scalar = "\n"
            let scalars = Array(line.unicodeScalars)
            for (column, scalar) in scalars.enumerated() {
                if scalar == "#", column == 0 || scalars[column - 1] == " " { break }
                switch scalar {
                case "[", "{": open += 1
                case "]", "}": open = max(0, open - 1)
                case "&", "*": if startsValue(after: before) { aliases += 1 }
                default: break
                }
                if scalar != " " { before = scalar }
                guard open <= bracketLimit, aliases <= aliasLimit else {
                    return Excess(
                        place: file.place(line: number + 1, column: column + 1),
                        message: aliases > aliasLimit
                            ? "anchors and aliases (& and *) are not used in this configuration"
                            : "more than \(bracketLimit) brackets are open here",
                        remedy: aliases > aliasLimit
                            ? "write the value out where it is needed; anchors are not used here"
                            : "close each [ and {, and nest less: nothing here is deeper than "
                                + "\(YAMLReader.depthLimit) levels")
                }
            }
        }
        return nil
    }

    private static func startsValue(after scalar: Unicode.Scalar) -> Bool {
        ["\n", ":", ",", "[", "{", "-", "?"].contains(scalar)
    }
}
