// A chat that is gone when something breaks: the next step of the route hears of it at once, from
// the real program, also when that is killed meanwhile.

import Foundation
import Testing
import WatchActions
import WatchCore

@testable import WatchDaemon

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct UndeliveredPageTests {
    /// Nobody listens at the first step.
    private func host() throws -> Host {
        let host = try Host()
        let text = host.text("watchd.yaml")
            .replacing("  chat: {", with: "  dead: { webhook: \"http://127.0.0.1:1/\" }\n  chat: {")
            .replacing(
                "oncall: [ { to: [chat] } ]", with: "oncall: [ { to: [dead] }, { to: [chat] } ]")
        try host.write("watchd.yaml", text)
        return host
    }

    @Test func theNextStepIsToldAtOnce() async throws {
        let host = try host()
        let daemon = try RunningDaemon(host)
        _ = try #require(await daemon.event("release.detected"))
        _ = try await daemon.send(
            "POST", "/v1/services/shop/incidents", #"{"severity":"critical","reason":"down"}"#)
        let passed = try #require(await daemon.event("page.escalated"))
        #expect(passed.reason == "undelivered")
        _ = try #require(await host.chat.message("declared by"))
        // Somebody was told, so nothing is undelivered any more.
        _ = try #require(await daemon.event("page.delivered"))
        #expect(try await daemon.status().services.first?.incident?.undelivered == nil)
    }

    @Test func aRestartForgetsNothingOfIt() async throws {
        let host = try host()
        let first = try RunningDaemon(host)
        _ = try #require(await first.event("release.detected"))
        _ = try await first.send(
            "POST", "/v1/services/shop/incidents", #"{"severity":"critical","reason":"down"}"#)
        try await first.killed()
        let daemon = try RunningDaemon(host)
        _ = try #require(await daemon.event("page.delivered"))
        #expect(host.chat.messages("declared by").count >= 1)
        _ = try #require(await daemon.event("page.undelivered"))
    }
}

@Suite struct DeliveryNewsTests {
    private let now = WallTime.seconds(1_800_000_000)

    @Test func whatATryCameToIsNewsWhenItMatters() {
        func news(_ outcome: DeliveryNotice.Outcome, _ attempts: Int) -> DeliveryNews.Outcome? {
            DeliveryNotice(
                id: "shop-1/1/chat", channel: "chat", title: "t", attempts: attempts,
                outcome: outcome
            ).news(at: now)?.outcome
        }
        #expect(news(.sent, 1) == .taken)
        #expect(news(.retry(at: now + .seconds(1), error: "503"), 1) == nil)
        #expect(news(.retry(at: now + .seconds(4), error: "503"), 3) == .failing("503"))
        #expect(news(.failed(error: "404"), 1) == .refused("404"))
        #expect(news(.dropped, 1) == .refused("there was no more room to keep it in memory"))
        #expect(news(.storeProblem("full"), 0) == nil)
    }

    @Test func afterARestartWhatWaitsAndWhatIsOpenIsNews() {
        func news(_ state: Delivery.State, _ attempts: Int, open: Set<String> = ["shop-1"])
            -> DeliveryNews.Outcome?
        {
            Delivery(
                id: "shop-1/1/chat", channel: "chat", title: "t", state: state,
                attempts: attempts, queued: now, nextAttempt: now, lastError: "503"
            ).news(at: now, open: open)?.outcome
        }
        #expect(news(.sent, 1) == .taken)
        #expect(news(.sent, 1, open: []) == nil)
        #expect(news(.failed, 4) == .refused("503"))
        #expect(news(.waiting, 0) == nil)
        #expect(news(.waiting, 3, open: []) == .failing("503"))
    }
}
