// Recorded results of journeys and of their steps.

import Foundation
import Testing
import WatchCore

@testable import WatchReplay

@Suite struct JourneyReplayTests {
    private func recording(_ when: String) throws -> Recording {
        let recording = try Recording(
            triggers: #"- { name: orders, when: "count(access, 1m) > 1", severity: high, "#
                + #"warm_up: 5s }"#)
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1:8080/"))
        let journey = ProbeConfiguration(
            name: "signin", every: .seconds(10),
            kind: .journey(
                JourneyCheck(steps: ["login", "orders"].map { .init(name: $0, request: request) })))
        recording.configuration.services[0].probes += [journey] + journey.steps
        recording.configuration.services[0].triggers[0].when = try Expression(when)
        return recording
    }

    private func results(_ recording: Recording, _ name: String) throws -> String {
        try recording.write(
            name,
            stride(from: 0, to: 600, by: 10).map {
                result(Double($0), $0 < 300 ? "true" : "false")
            })
    }

    /// Its journey was not recorded, nor the step before it.
    @Test func theRecordsOfOneStepAreEnoughForRulesAboutIt() throws {
        let recording = try recording("error_rate(signin.orders, 1m) > 50%")
        let file = try results(recording, "orders.jsonl")
        let told = try recording.told("--probe", "shop/signin.orders=\(file)")
        #expect(told.of(.breached).map(\.trigger) == ["orders"])
    }

    @Test func theRecordsOfAJourneySayNothingOfItsSteps() throws {
        let file = { (recording: Recording) in
            "shop/signin=\(try self.results(recording, "signin.jsonl"))"
        }
        let whole = try recording("error_rate(signin, 1m) > 50%")
        #expect(try whole.told("--probe", file(whole)).of(.breached).count == 1)
        let step = try recording("count(signin.orders, 1m) >= 0")
        let told = try step.told("--probe", file(step))
        #expect(told.events.map(\.kind) == [.insufficient])
    }
}
