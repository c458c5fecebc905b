// A deployment that is asked for over HTTP, and a daemon that ends while it is under way: the
// request is never sent twice, and what it began is waited for or verified.

import Glibc
import Synchronization
import TestServers
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct RequestStepTests {
    private final class Switch: Sendable {
        private let state = Mutex(false)
        var isOn: Bool { state.withLock { $0 } }
        func turnOn() { state.withLock { $0 = true } }
    }

    private func steps(_ api: FakeAPI) -> String {
        """
                  - name: deploy
                    post: "\(api.url)/deploys"
                    json: { to: "${to.version}" }
                    expect: { status: 202 }
                    save: { deploy: $.id }
                    poll:
                      get: "\(api.url)/deploys/${deploy}"
                      every: 200ms
                      until: { json: { $.s: live } }
                    timeout: 25s
        """
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func aDaemonThatEndsDuringAPollAsksOnAndSendsNothingTwice(_ signal: Int32) async throws {
        let isLive = Switch()
        let api = try #require(
            FakeAPI { request in
                if request.method == "POST" { return .answer(202, [], #"{"id":"dep-1"}"#) }
                return .answer(200, [], isLive.isOn ? #"{"s":"live"}"# : #"{"s":"building"}"#)
            })
        let host = try Host(steps: steps(api))
        let first = try RunningDaemon(host)
        try await letBadReleaseIn(first, host)
        await api.untilAsked(3)
        first.signal(signal)
        _ = try await first.end()
        let second = try RunningDaemon(host)
        _ = try await second.status()
        try host.deploy(Host.good)
        isLive.turnOn()
        _ = try #require(await second.event("incident.recovered"))
        #expect(api.requests.first?.text == #"{"to":"1.9.0"}"#)
        #expect(api.lines.filter { $0 == "POST /deploys" }.count == 1)
        #expect(Set(api.lines) == ["POST /deploys", "GET /deploys/dep-1"])
    }

    @Test(arguments: [true, false])
    func aRequestWithoutAnAnswerIsNotSentAgainAndReadingDecides(landed: Bool) async throws {
        let api = try #require(FakeAPI { _ in .hang })
        let host = try Host(steps: steps(api))
        let first = try RunningDaemon(host)
        try await letBadReleaseIn(first, host)
        await api.untilAsked()
        try await first.killed()
        if landed { try host.deploy(Host.good) }
        let second = try RunningDaemon(host)
        let ending = landed ? "incident.recovered" : "incident.handed-over"
        _ = try #require(await second.event(ending))
        #expect(api.lines == ["POST /deploys"])
    }
}
