// What counts as code.

import Testing

@Suite struct MaskerTests {
    private func code(_ text: String) -> String {
        SourceFile(path: "Sources/X/X.swift", text: text).code.joined(separator: "\n")
    }

    @Test(arguments: [
        ("a // b", "a     "),
        ("a /* b /* c */ d */ e", "a                   e"),
        (#"f("print(x)")"#, #"f("        ")"#),
        (#"f("a\"b")"#, #"f("    ")"#),
        (##"f(#"a"b\(c)"#) g"##, ##"f(#"       "#) g"##),
        (#"f("a\(g(h("b"), 2))c") d"#, #"f(" \(g(h(" "), 2)) ") d"#),
        ("\"\"\"\n a \"b\" // c\n \"\"\" + d", "\"\"\"\n           \n \"\"\" + d"),
        ("#if os(Linux)", "#if os(Linux)"),
        ("let a = \"broken\nlet b", "let a = \"      \nlet b"),
    ])
    func commentsAndTextAreBlank(text: String, expected: String) {
        #expect(code(text) == expected)
    }

    @Test func linesStayWhereTheyAre() {
        let text = "/*\n\n*/\n\"\"\"\n\n\"\"\"\nprint(1)"
        let file = SourceFile(path: "Sources/X/X.swift", text: text)
        #expect(file.lines.count == file.code.count)
        #expect(file.lines(with: "print(") == [7])
    }

    @Test func aWordIsNotTheTailOfAnother() {
        let file = SourceFile(path: "Sources/X/X.swift", text: "sprint(1)\nprint(2); x.print(3)")
        #expect(file.lines(with: "print(") == [2, 2])
    }
}
