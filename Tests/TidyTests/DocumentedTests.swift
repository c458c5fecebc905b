// What watchd says and what it can be told is explained somewhere: every reason code in
// docs/reasons.md, every key of the configuration in a page or in an example.

import Testing

struct DocumentedTests {
    private let files = Repository.own.files

    private func text(_ path: String) -> String {
        files.first { $0.path == path }?.lines.joined(separator: "\n") ?? ""
    }

    /// Codes as the sources write them: of `Reason`, and of refusals and events besides.
    private func codes() throws -> Set<String> {
        var codes: Set<String> = []
        for match in text("Sources/WatchCore/Engine/Decision.swift")
            .matches(of: /case \.[A-Za-z]+(?:\(let [a-z]+\))?: "([a-z-]+)/)
        {
            codes.insert(String(match.output.1))
        }
        #expect(codes.count > 20)
        let parts = ["Sources/WatchCore/Engine/", "Sources/WatchDaemon/", "Sources/WatchControl/"]
        for file in files where parts.contains(where: file.path.hasPrefix) {
            let text = file.lines.joined(separator: "\n")
            for match in text.matches(of: /(?:Refusal\(\s*|refuse\(\s*|reason: )"([a-z-]+)"/) {
                codes.insert(String(match.output.1))
            }
        }
        return codes.subtracting(["rollback", "page", "hold", "record"])
    }

    @Test func eachReasonCodeIsInTheTable() throws {
        let page = text("docs/reasons.md")
        let missing = try codes().filter { code in
            !page.contains("`\(code)`") && !page.contains("`\(code):")
        }
        #expect(missing.isEmpty, "not in docs/reasons.md: \(missing.sorted())")
    }

    @Test func eachKeyOfTheConfigurationIsMentioned() throws {
        let schema = text("etc/watchd.schema.json")
        let keys = Set(
            schema.matches(of: /"([a-z_]+)": \{\s*"description"/).map { String($0.output.1) })
        #expect(keys.count > 100, "\(keys.count)")
        var words: Set<Substring> = []
        for file in files
        where file.path == "README.md" || file.path.hasPrefix("docs/")
            || (file.path.hasPrefix("etc/watchd/") && file.path.hasSuffix(".yaml"))
        {
            for line in file.lines {
                words.formUnion(line.split { !($0.isLetter || $0.isNumber || $0 == "_") })
            }
        }
        let missing = keys.filter { !words.contains(Substring($0)) }
        #expect(missing.isEmpty, "mentioned nowhere: \(missing.sorted())")
    }
}
