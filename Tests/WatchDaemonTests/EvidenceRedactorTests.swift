// Nothing that a service said is stored with a secret in it, or with what `redact:` names.

import Synchronization
import Testing
import WatchCore

@testable import WatchDaemon

struct EvidenceRedactorTests {
    private final class Vault: SecretSource {
        let values = Mutex<[SecretReference: String]>([:])

        func secret(_ reference: SecretReference) throws(SecretError) -> String {
            guard let value = values.withLock({ $0[reference] }) else {
                throw SecretError(message: "no such secret")
            }
            return value
        }
    }

    private let vault = Vault()

    private func redactor(_ patterns: [String]) throws -> EvidenceRedactor {
        var shop = ServiceConfiguration(name: "shop")
        shop.redact = patterns
        let chat = ChannelConfiguration(
            name: "chat", kind: .slack(url: try Template("${env:chat}")))
        return EvidenceRedactor(
            Configuration(services: [shop, ServiceConfiguration(name: "blog")], channels: [chat]),
            secrets: vault)
    }

    private func lines(_ event: Event) -> [String] {
        if case .stream(_, _, let batch) = event { batch.samples } else { [] }
    }

    private func stream(_ service: String, _ line: String) -> Event {
        var batch = StreamBatch(lines: 1)
        batch.samples = [line]
        return .stream(service: service, stream: "app", batch)
    }

    @Test func patternsOfTheServiceAndSecretsOfAllAreTakenOut() throws {
        vault.values.withLock { $0[.environment("chat")] = "hooks/T0/B1" }
        let redactor = try redactor(["card=[0-9]+", "(?i)bearer [a-z0-9]+"])
        let line = "card=4111 Bearer abc1 to hooks/T0/B1"
        #expect(lines(redactor.clean(stream("shop", line))) == ["*** *** to ***"])
        #expect(
            lines(redactor.clean(stream("blog", line))) == ["card=4111 Bearer abc1 to ***"])
    }

    @Test func bodiesReasonsAndOutputsAreCleanedToo() throws {
        let redactor = try redactor(["card=[0-9]+"])
        var result = ProbeResult(
            started: .seconds(1), took: .zero, outcome: .fail("the body is 'card=4111'"))
        result.body = "{ card=4111 }"
        guard
            case .probe(_, _, let probe) = redactor.clean(
                .probe(service: "shop", probe: "health", result)),
            case .version(_, _, let reading) = redactor.clean(
                .version(
                    service: "shop", source: 0,
                    VersionReading(asked: .seconds(1), answer: .unavailable("card=4111?"))))
        else {
            Issue.record("another event")
            return
        }
        #expect(probe.outcome == .fail("the body is '***'"))
        #expect(probe.body == "{ *** }")
        #expect(reading.answer == .unavailable("***?"))
        redactor.note(
            StepTask(
                id: "shop-1-r1.m0s0t0", service: "shop", rollback: "shop-1-r1", title: "link",
                action: .exec([]), variables: [:], timeout: .seconds(1)))
        guard
            case .task(_, let task) = redactor.clean(
                .task(id: "shop-1-r1.m0s0t0", TaskResult(ending: .exited(1), output: "card=4111")))
        else {
            Issue.record("another event")
            return
        }
        #expect(task.output == "***")
    }

    @Test func whatAStepComplainsOfIsCleanedToo() throws {
        let redactor = try redactor(["card=[0-9]+"])
        let endings: [TaskResult.Ending] = [
            .unexpected("row 1 is 'card=4111', expected 'none'"), .couldNotStart("card=4111"),
            .unknown("card=4111"), .exited(3),
        ]
        var clean: [TaskResult.Ending] = []
        for ending in endings {
            redactor.note(
                StepTask(
                    id: "shop-1-r1.m0s0t0", service: "shop", rollback: "shop-1-r1", title: "q",
                    action: .exec([]), variables: [:], timeout: .seconds(1)))
            guard
                case .task(_, let task) = redactor.clean(
                    .task(id: "shop-1-r1.m0s0t0", TaskResult(ending: ending)))
            else { continue }
            clean.append(task.ending)
        }
        #expect(
            clean == [
                .unexpected("row 1 is '***', expected 'none'"), .couldNotStart("***"),
                .unknown("***"), .exited(3),
            ])
    }

    private func routes(_ event: Event) -> [String: RouteTallies.Counts] {
        if case .stream(_, _, let batch) = event { batch.slices[0].routes.routes } else { [:] }
    }

    private func stream(_ service: String, routes: [(String, isError: Bool)]) -> Event {
        var slice = StreamBatch.Slice(
            second: 1, count: routes.count, errors: 0, latency: LatencySketch())
        for route in routes { slice.routes.record(route.0, isError: route.isError) }
        slice.routes.add(.init(count: 9, errors: 1), to: nil)
        return .stream(
            service: service, stream: "app", StreamBatch(slices: [slice], lines: routes.count))
    }

    @Test func namesOfRoutesAreCleanedAndNoRequestIsLost() throws {
        vault.values.withLock { $0[.environment("chat")] = "hooks" }
        let redactor = try redactor(["/reset/[a-z]+"])
        let event = stream(
            "shop",
            routes: [
                ("/reset/abc", true), ("/reset/xyz", false), ("/hooks/1", true), ("/a", false),
            ])
        // Again, as with every batch.
        for _ in 0..<2 {
            let cleaned = redactor.clean(event)
            #expect(
                routes(cleaned) == [
                    "***": .init(count: 2, errors: 1), "/***/1": .init(count: 1, errors: 1),
                    "/a": .init(count: 1, errors: 0),
                ])
            guard case .stream(_, _, let batch) = cleaned else { return }
            #expect(batch.slices[0].routes.others == .init(count: 9, errors: 1))
        }
        #expect(
            routes(redactor.clean(stream("blog", routes: [("/reset/abc", false)]))).keys
                .sorted() == ["/reset/abc"])
    }

    @Test func aRouteIsCleanedAnewWhenOtherThingsAreTakenOut() throws {
        let redactor = try redactor([])
        let event = stream("shop", routes: [("/reset/abc", false)])
        #expect(routes(redactor.clean(event)).keys.sorted() == ["/reset/abc"])
        var shop = ServiceConfiguration(name: "shop")
        shop.redact = ["[a-z]+$"]
        redactor.update(Configuration(services: [shop]))
        #expect(routes(redactor.clean(event)).keys.sorted() == ["/reset/***"])
    }

    private func journey(_ url: String) -> ProbeConfiguration {
        let request = HTTPRequestSpec(url: Template(literal: url))
        return ProbeConfiguration(
            name: "signin", every: .seconds(30),
            kind: .journey(JourneyCheck(steps: [.init(name: "in", request: request)])))
    }

    /// The token of a probe stands in the log of the service that it asks.
    @Test func whatAJourneySavedIsTakenOutOfWhateverOthersSay() throws {
        let redactor = try redactor([])
        var shop = ServiceConfiguration(name: "shop")
        shop.probes = [journey("http://a.example/")]
        let check = try #require(shop.probes[0].journey)
        redactor.update(Configuration(services: [shop]))
        for run in 1...3 { redactor.learn(["token-\(run)", "cookie-\(run)"], of: check) }
        let line = "GET /?t=token-3 cookie-3, before token-2"
        #expect(lines(redactor.clean(stream("shop", line))) == ["GET /?t=*** ***, before ***"])
        #expect(
            routes(redactor.clean(stream("shop", routes: [("/t/token-3", false)]))).keys.sorted()
                == ["/t/***"])
        // It is not kept for ever.
        for run in 4...100 { redactor.learn(["token-\(run)", "cookie-\(run)"], of: check) }
        #expect(lines(redactor.clean(stream("shop", "token-1"))) == ["token-1"])
        redactor.update(Configuration(services: []))
        #expect(lines(redactor.clean(stream("shop", "token-99"))) == ["token-99"])
    }

    @Test func eachStepOfAJourneyIsCleaned() throws {
        let redactor = try redactor(["card=[0-9]+"])
        var result = ProbeResult(
            started: .seconds(1), took: .zero, outcome: .fail("step 1 (in): 'card=4111'"))
        var step = result
        step.outcome = .fail("'card=4111'")
        result.steps = [ProbeResult.Step(name: "in", result: step)]
        guard
            case .probe(_, _, let probe) = redactor.clean(
                .probe(service: "shop", probe: "signin", result))
        else {
            Issue.record("another event")
            return
        }
        #expect(probe.outcome == .fail("step 1 (in): '***'"))
        #expect(probe.steps?.map(\.result.outcome) == [.fail("'***'")])
    }

    /// A renewed secret may still be in yesterday's answers.
    @Test func aRenewedSecretIsKnownBesideTheOldOne() throws {
        vault.values.withLock { $0[.environment("chat")] = "old-one" }
        let redactor = try redactor([])
        vault.values.withLock { $0[.environment("chat")] = "new-one" }
        redactor.refresh()
        vault.values.withLock { $0[.environment("chat")] = nil }
        redactor.refresh()
        #expect(lines(redactor.clean(stream("shop", "old-one new-one"))) == ["*** ***"])
    }

    @Test func whatCannotBeCleanedIsWithheld() throws {
        let redactor = try redactor(["(a+)+$"])
        let hostile = String(repeating: "a", count: 60) + "b"
        let shown = lines(redactor.clean(stream("shop", hostile)))
        #expect(shown.first?.hasPrefix("[withheld: ") == true)
    }
}
