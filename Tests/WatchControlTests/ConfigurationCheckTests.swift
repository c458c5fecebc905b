// What `config check` says at its end.

import FoundationEssentials
import Testing

@testable import watchctl

@Suite struct ConfigurationCheckTests {
    private func withFile<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
        let path = FileManager.default.temporaryDirectory.path() + "/watchd-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path + "/conf.d", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(filePath: path + "/watchd.yaml"))
        try Data("x: 1".utf8).write(to: URL(filePath: path + "/conf.d/bad.yaml"))
        return try body(path)
    }

    @Test func aMistakeBesideTheFileIsFoundAsByTheDaemon() throws {
        try withFile("services: {}") { path in
            let files = ConfigurationCheck.whole([path + "/watchd.yaml"])
            #expect(files.count == 2)
            let findings = ConfigurationCheck.findings(files, secrets: false)
            #expect(findings.contains { $0.isError && $0.text.contains("conf.d/bad.yaml:1:1") })
            #expect(ConfigurationCheck.whole([path]) == files)
        }
    }

    @Test func secretsThatWereLeftAloneAreMentioned() throws {
        try withFile("channels: { chat: { slack: '${credential:slack}' } }") { path in
            let files = [path + "/watchd.yaml"]
            #expect(ConfigurationCheck.namesSecrets(files))
            let said = ConfigurationCheck.summary([], files: 1, leavesSecrets: true)
            #expect(said.spans.map(\.text).joined().contains("secrets were not read"))
            #expect(
                ConfigurationCheck.summary([], files: 1).spans.map(\.text).joined()
                    == "1 file: fine")
        }
        try withFile("services: {}") { path in
            #expect(!ConfigurationCheck.namesSecrets([path + "/watchd.yaml"]))
        }
    }
}
