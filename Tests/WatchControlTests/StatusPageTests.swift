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

    /// The same as `watchctl status` warns of: whoever looks at the page alone must not miss it.
    @Test func whatStatusWarnsOfIsOnThePage() {
        var report = Fixtures.report
        var storage = StorageStatus(free: 20 << 20, hasReserve: false)
        storage.checkpointProblem = "disk full <x>"
        storage.checkpointsFailSince = Fixtures.ago(.minutes(3))
        report.note(storage)
        report.services[0].incident?.undelivered = UndeliveredPage(
            since: Fixtures.ago(.seconds(30)), title: "shop: 5xx storm",
            channels: [.init(channel: "ops-chat", problem: "HTTP 503")])
        report.services[1].notices = ["no line was ever seen in access"]
        report.services[1].readiness.problem = "shorten bake"
        report.drills = [
            DrillStatus(
                plan: "shop", service: "shop-drill", every: 86_400, overdue: true,
                text: "never passed", age: nil, last: nil, passed: nil),
            DrillStatus(
                plan: "blog", service: "blog-drill", every: 86_400, overdue: false,
                text: "passed 2h ago", age: 7200, last: nil, passed: nil),
        ]
        let html = StatusPage.html(report, nonce: "n")
        for text in [
            "! only 20 MiB are free for /var/lib/watchd", "! the reserve of 1 MB",
            "! no checkpoint was written since 2026-11-21T09:27:00.000Z", "disk full &lt;x&gt;",
            "✖ shop-17: no channel takes its page since 2026-11-21T09:29:30.000Z: ops-chat: "
                + "HTTP 503",
            "! drill overdue: plan shop: never passed", "<td>passed 2h ago</td>",
            "! blog: shorten bake", "! blog: no line was ever seen in access",
        ] {
            #expect(html.contains(text), "\(text)")
        }
        #expect(!html.contains("drill overdue: plan blog"))
        report.storeProblem = "no space is left"
        #expect(
            StatusPage.html(report, nonce: "n").contains(
                "<li class=\"breached\">✖ store unavailable, so nothing is done: no space"))
    }

    /// What is well is not warned of.
    @Test func aHostThatIsWellHasNoWarnings() {
        #expect(!StatusPage.html(Fixtures.report, nonce: "n").contains("<ul"))
        #expect(!StatusPage.html(Fixtures.report, nonce: "n").contains("drills"))
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
