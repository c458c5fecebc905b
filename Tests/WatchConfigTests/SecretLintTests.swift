// Secrets that are written out are named, and not quoted once more.

import Testing
import WatchConfig

@Suite struct SecretLintTests {
    private func warned(_ service: String, channels: String = "") -> [Diagnostic] {
        problems("services: { shop: { \(service) } }\n\(channels)")
            .filter { $0.message.contains("looks like a secret") }
    }

    /// In a step of a journey.
    private func warned(part: String) -> [Diagnostic] {
        let step = "{ post: 'https://example.com/', \(part) }"
        return warned("probes: { p: { every: 10s, journey: [\(step)] } }")
    }

    @Test(arguments: [
        "headers: { Authorization: 'Bearer abcdef123456' }",
        "headers: { X-Api-Key: hunter2hunter2 }", "json: { password: hunter2hunter2 }",
        "json: { user: { api_key: 'hunter2hunter2' } }", "form: { client_secret: hunter2hunter2 }",
    ])
    func aLiteralSecretIsWarnedOf(part: String) {
        let found = warned(part: part)
        #expect(found.count == 1)
        #expect(found.first?.severity == .warning)
        #expect(found.first?.remedy?.contains("${credential:NAME}") ?? false)
        #expect(!(found.first?.text.contains("hunter2") ?? true), "\(found)")
        #expect(!(found.first?.text.contains("abcdef123456") ?? true), "\(found)")
    }

    @Test(arguments: [
        "https://hooks.slack.com/services/made/up/path",
        "https://discord.com/api/webhooks/1234/abcd",
    ])
    func theAddressOfAWebhookIsASecret(url: String) {
        let found = warned("", channels: "channels: { chat: { slack: '\(url)' } }")
        #expect(found.count == 1)
        #expect(!(found.first?.text.contains("made/up") ?? true), "\(found)")
        #expect(!(found.first?.text.contains("1234/abcd") ?? true), "\(found)")
    }

    @Test(arguments: [
        "headers: { Authorization: 'Bearer ${credential:t}' }",
        "json: { password: '${file:/etc/password}' }", "save: { token: $.token }",
        "json: { token_url: 'https://example.com/' }", "json: { note: 'Bearer of bad news' }",
    ])
    func whatNamesOneIsNone(part: String) {
        let found = warned(part: part)
        #expect(found.isEmpty, "\(found)")
    }

    @Test func aPatternMayHaveThatName() {
        let found = warned(
            "streams: { app: { file: /var/log/app, patterns: { token: 'bad token' } } }")
        #expect(found.isEmpty)
    }

    @Test func whatIsAnErrorIsNotWarnedOfBesides() {
        let text = "channels: { a: { webhook: { url: 'https://example.com/', secret: hunter2 } } }"
        #expect(problems(text).filter { $0.message.contains("secret") }.count == 1)
    }
}
