// libyaml's words for a mistake of syntax, said for people, with what usually causes it.

enum SyntaxAdvice {
    /// Message and remedy.
    static func advice(
        _ problem: String, _ context: String?, at place: Place
    ) -> (String, String?) {
        let line = Array((place.file.line(place.line) ?? "").unicodeScalars)
        let indent = line.prefix { $0 == " " || $0 == "\t" }
        if indent.contains("\t") {
            return ("a tab where YAML wants spaces", "indent with spaces only")
        }
        switch problem {
        case "mapping values are not allowed in this context":
            return (
                "a ':' that begins no mapping here",
                "check the indentation, or put quotes around a text that contains ': '"
            )
        case "did not find expected key", "did not find expected '-' indicator":
            return (
                "YAML lost the thread here (\(problem))",
                "check that this line is indented like its neighbours, and that quotes, "
                    + "brackets and braces before it are closed"
            )
        case "found undefined alias":
            return (
                "aliases (*) are not used in this configuration",
                "put quotes around a text that begins with *"
            )
        case "but found another document":
            return (
                "a second document ('---') in one file",
                "give each its own file below conf.d"
            )
        case "found unexpected end of stream":
            return ("the file ends inside a quoted text", "close the quote")
        case "found character that cannot start any token":
            return (
                "this character cannot begin a value",
                "put quotes around a text that begins with @, `, % or a tab"
            )
        default: break
        }
        if problem.hasPrefix("did not find expected ',' or") {
            return (
                "a ',' or a closing bracket is missing before this (\(problem))",
                "close the bracket, or put quotes around a text with , [ ] { } in it"
            )
        }
        if problem.hasPrefix("Maximum nesting level") || problem.hasPrefix("exceeded max") {
            return ("nested too deep", "flatten it; a bracket may be left open")
        }
        let inside = context.map { " \($0)" } ?? ""
        return ("the file is no YAML here: \(problem)\(inside)", "check quotes and indentation")
    }

    /// Where the first character stands that YAML does not allow.
    static func firstControl(in file: SourceFile) -> Place {
        for (index, line) in file.lines.enumerated() {
            for (column, scalar) in line.unicodeScalars.enumerated() where !isPrintable(scalar) {
                return file.place(line: index + 1, column: column + 1)
            }
        }
        return file.place(line: 1, column: 1)
    }

    /// YAML 1.1 §5.1, c-printable.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x85, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
            0x10000...0x10FFFF:
            true
        default: false
        }
    }
}
