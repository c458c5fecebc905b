// Checkers must find what they are for: each is shown a broken rule.

import Testing
import WatchCore

@testable import WatchSimulator

@Suite struct CheckerTests {
    private let circumstances = Circumstances(
        now: Moment(boot: .seconds(100), wall: .seconds(1000)), time: 0,
        configuration: Configuration(services: [ServiceConfiguration(name: "shop")]), acted: [])

    private func record(
        _ id: String, _ state: IncidentState = .open, rollbacks: [RollbackRecord] = []
    ) -> IncidentRecord {
        IncidentRecord(
            id: id, service: "shop", state: state, severity: .high, opened: .seconds(1000),
            rollbacks: rollbacks)
    }

    private func message(
        _ kind: Message.Kind, _ incident: String, to channel: String
    ) -> OutboxMessage {
        OutboxMessage(
            id: "\(incident)/\(channel)", channel: channel,
            message: Message(
                kind: kind, time: .seconds(1000), service: "shop", incident: incident, title: "",
                text: "", dedupKey: ""))
    }

    private func broken(_ transactions: [Transaction]) -> String? {
        var books = Books()
        do {
            for transaction in transactions { try books.take(transaction, circumstances) }
        } catch {
            return error.rule
        }
        return nil
    }

    @Test func twoOpenIncidentsOfOneService() {
        let two = Transaction(incidents: [record("shop-1"), record("shop-2")])
        #expect(broken([two]) == "one-open-incident")
        #expect(broken([Transaction(incidents: [record("shop-1")])]) == nil)
    }

    @Test func aResolveToWhomNobodyPaged() {
        let opened = Transaction(
            incidents: [record("shop-1")], messages: [message(.page, "shop-1", to: "chat")])
        let wrong = Transaction(messages: [message(.resolve, "shop-1", to: "mail")])
        #expect(broken([opened, wrong]) == "resolved-without-firing")
    }

    @Test func aPageThatIsNeverResolved() {
        let opened = Transaction(
            incidents: [record("shop-1")], messages: [message(.page, "shop-1", to: "chat")])
        let closed = Transaction(incidents: [record("shop-1", .closed)])
        #expect(broken([opened, closed]) == "sent-firing-implies-sent-resolved")
    }

    @Test func aStormOfPages() {
        let page = Transaction(
            incidents: [record("shop-1")], messages: [message(.page, "shop-1", to: "chat")])
        let storm = Array(repeating: page, count: Books.pagesPerHour + 1)
        #expect(broken(storm) == "no-page-storm")
        #expect(broken(Array(storm.dropLast())) == nil)
    }

    @Test func aSecondRollbackWhileOneRuns() {
        let rollback = RollbackRecord(
            id: "shop-1-r1", plan: "p", from: ReleaseIdentity(version: "2"),
            to: ReleaseIdentity(version: "1"), state: .gates, askedBy: "watchd",
            began: .seconds(1000))
        let begins = Transaction(
            events: [
                EventRecord(
                    time: .seconds(1000), service: "shop", incident: "shop-1",
                    kind: "rollback.began", reason: "watchd", text: "")
            ], incidents: [record("shop-1", .rollingBack, rollbacks: [rollback])])
        #expect(broken([begins]) == nil)
        #expect(broken([begins, begins]) == "one-rollback-at-a-time")
    }

    @Test func aStepThatRunsTwiceAndAnAfterThatIsOwed() {
        let once = Step(name: "switch", action: .exec([]), timeout: .seconds(1))
        let plan = Plan(
            name: "p", methods: [Method(name: "m", steps: [once])], after: [once],
            verify: Verify())
        func task(_ id: String) -> StepTask {
            StepTask(
                id: "r." + id, service: "shop", rollback: "r", title: "", action: .exec([]),
                variables: [:], timeout: .seconds(1))
        }
        var steps = StepBook()
        #expect(throws: Never.self) { try steps.begins(task("m0s0t1"), plan) }
        #expect(throws: Violation.self) { try steps.begins(task("m0s0t2"), plan) }
        #expect(throws: Violation.self) { try steps.ended("r") }
        #expect(throws: Never.self) { try steps.begins(task("a1s0t1"), plan) }
        #expect(throws: Never.self) { try steps.ended("r") }
    }
}
