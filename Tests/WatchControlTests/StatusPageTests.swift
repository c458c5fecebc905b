import Testing
import WatchCore
import WatchHTTP

@testable import WatchControl

@Suite struct StatusPageTests {
    @Test func nothingFromTheReportBecomesMarkup() {
        var report = Fixtures.report
        let attack = "<script>alert(1)</script>'\"&"
        report.services[0].name = attack
        report.services[0].readiness.text = attack
        report.storeProblem = attack
        report.armed.reason = attack
        let html = StatusPage.html(report, nonce: "n")
        #expect(!html.contains("<script>alert"))
        #expect(html.ranges(of: "&lt;script&gt;alert(1)&lt;/script&gt;&#39;&quot;&amp;").count == 4)
    }

    @Test func thePageIsASnapshotWithoutJavaScript() {
        let html = StatusPage.html(Fixtures.report, nonce: "n")
        for text in ["shop", "breached", "would roll back to 1.9.0", "shop-17 rolling-back"] {
            #expect(html.contains(text))
        }
    }

    @Test func onlyItsOwnScriptMayRunAndNothingIsLoadedFromElsewhere() async throws {
        try await withServer { server in
            let one = try await server.get("/")
            let two = try await server.get("/")
            let policy = try #require(one.header("Content-Security-Policy"))
            #expect(policy.hasPrefix("default-src 'none'; style-src 'nonce-"))
            #expect(policy != two.header("Content-Security-Policy"))
            let nonce = try #require(policy.split(separator: "'").first { $0.hasPrefix("nonce-") })
            #expect(one.text.contains(#"<script nonce="\#(nonce.dropFirst(6))">"#))
            #expect(!one.text.contains("http://") && !one.text.contains("https://"))
        }
    }
}
