// The lists under `docs/rules` name a test for each rule of the design. A test that is renamed or
// removed must not stay in them: who reads that a rule is held would be deceived.

import Testing

enum RuleLists {
    static let instead = "name the test that holds the rule as `Suite/function`, or write it"

    /// Tests as the lists name them: `Suite/function`.
    static func tests(in files: [SourceFile]) -> Set<String> {
        Set(files.filter { $0.isTest && $0.isSwift }.flatMap(tests(in:)))
    }

    private static func tests(in file: SourceFile) -> [String] {
        var found: [String] = []
        var suite: Substring = ""
        var isTest = false
        for line in file.code {
            if let name = typeDeclared(on: line) { suite = name }
            if line.contains("@Test") { isTest = true }
            // The function may stand some lines below the arguments of its attribute.
            guard isTest, let function = word(after: "func ", in: line) else { continue }
            found.append("\(suite)/\(function)")
            isTest = false
        }
        return found
    }

    /// Suites stand at the margin, as do the extensions that go on with them.
    private static func typeDeclared(on line: String) -> Substring? {
        guard let first = line.first, first != " " else { return nil }
        for keyword in ["struct ", "class ", "extension ", "enum ", "actor "] {
            if let name = word(after: keyword, in: line) { return name }
        }
        return nil
    }

    private static func word(after keyword: String, in line: String) -> Substring? {
        guard let range = line.firstRange(of: keyword) else { return nil }
        return line[range.upperBound...].prefix { $0.utf8.allSatisfy(SourceFile.isName) }
    }

    /// Tests that a list names and nobody has, and rows that name none and do not say why.
    static func findings(in list: SourceFile, tests: Set<String>) -> [Rule.Finding] {
        list.lines.enumerated().flatMap { index, line -> [Rule.Finding] in
            guard let cell = testCell(of: line) else { return [] }
            let named = names(in: cell)
            var wrong = named.filter { !tests.contains($0) }.map { "no test is '\($0)'" }
            if named.isEmpty, !cell.contains("not built yet") {
                wrong.append("a rule without a test")
            }
            return wrong.map {
                Rule.Finding(
                    path: list.path, line: index + 1, rule: "rule-lists",
                    message: "\($0): \(instead)")
            }
        }
    }

    /// What stands in the last column of a row; nil: no row of a table of rules.
    private static func testCell(of line: String) -> Substring? {
        guard line.hasPrefix("| "), line.hasSuffix(" |") else { return nil }
        let cell = line.dropLast(2).split(separator: " | ").last ?? ""
        return cell == "test" ? nil : cell
    }

    private static func names(in cell: Substring) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
    }
}
