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

    @Test func whatEachNextReleaseBreaksIsNoStorm() {
        let page = Transaction(
            incidents: [record("shop-1")], messages: [message(.page, "shop-1", to: "chat")])
        let releases = (1...9).map { number in
            Transaction(
                events: [
                    EventRecord(
                        time: .seconds(1000), service: "shop", kind: "release.detected",
                        release: ReleaseIdentity(version: "\(number)"), text: "")
                ])
        }
        let most = Array(repeating: page, count: 9 * Books.pagesPerRelease - 1)
        #expect(broken([page] + releases + most) == nil)
        #expect(broken([page] + releases + most + [page]) == "no-page-storm")
        // The same one again is no other.
        let same = Array(repeating: releases[0], count: 9)
        #expect(broken([page] + same + most) == "no-page-storm")
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

    // MARK: - Quiet

    private func request(_ seconds: Int) -> QuietRequest {
        QuietRequest(service: "shop", lasts: .seconds(seconds), reason: "work")
    }

    private func at(_ seconds: Int) -> Moment {
        Moment(boot: .seconds(Double(seconds)), wall: .seconds(Double(900 + seconds)))
    }

    @Test func aPageInASilence() {
        var books = Books()
        books.quiet.note(
            .silence(request(60)), CommandReply(status: .done, message: "silence-1: pages of shop"),
            at: at(90))
        let opened = Transaction(
            incidents: [record("shop-1")], messages: [message(.page, "shop-1", to: "chat")])
        #expect(throws: Violation.self) { try books.take(opened, circumstances) }
        books.quiet.note(
            .endSilence(id: "silence-1"), CommandReply(status: .done, message: ""), at: at(95))
        #expect(throws: Never.self) { try books.take(opened, circumstances) }
    }

    @Test func maintenanceByCommandAndByCalendar() {
        var quiet = QuietBook()
        quiet.note(.maintain(request(60)), CommandReply(status: .done, message: ""), at: at(100))
        #expect(quiet.isMaintained("shop", [], at: at(159)))
        #expect(!quiet.isMaintained("shop", [], at: at(160)))
        #expect(!quiet.isMaintained("other", [], at: at(110)))
        // Thursday 1970-01-01, 00:10 UTC, is 01:10 an hour further east.
        let window = WeeklyWindow(
            days: [.thu], from: 60, to: 80, zone: ZoneTable(name: "east", first: 3600))
        #expect(QuietBook.lies(.seconds(600), in: .weekly(window)))
        #expect(!QuietBook.lies(.seconds(1200), in: .weekly(window)))
        let overnight = WeeklyWindow(days: [.wed], from: 1380, to: 30, zone: .utc)
        #expect(QuietBook.lies(.seconds(600), in: .weekly(overnight)))
    }

    @Test func sustainedMeansNineSecondsOfTen() {
        var book = SustainedBook(span: .seconds(10))
        for second in Int64(1)...10 { book.note(second != 4, second: second) }
        #expect(book.holds)
        book.note(false, second: 11)
        #expect(!book.holds)
    }

    @Test func fewSamplesMustBeClearer() {
        let few = WilsonBounds(part: 3, of: 10, level: 0.95)
        let many = WilsonBounds(part: 300, of: 1000, level: 0.95)
        #expect(few.lower < 0.15 && few.upper > 0.5)
        #expect(many.lower > 0.27 && many.upper < 0.33)
    }

    @Test func aBreachThatWasThereBefore() {
        var book = BreachBook()
        book.read("1.0", at: .seconds(10))
        book.began("down", at: .seconds(12))
        book.read("1.0", at: .seconds(15))
        book.read("2.0", at: .seconds(20))
        book.detected("2.0", announced: false, at: .seconds(20))
        #expect(book.predated?.is == true)
        book.ended("down", at: .seconds(20))
        book.began("down", at: .seconds(23))
        book.read("3.0", at: .seconds(25))
        book.detected("3.0", announced: false, at: .seconds(25))
        #expect(book.predated?.is == false)
    }

    @Test func aNetworkThatNobodyHearsOverFails() {
        var book = NetworkBook()
        func note(_ probe: Int, _ outcome: ProbeResult.Outcome) {
            var result = ProbeResult(
                started: .seconds(10), took: .milliseconds(1), outcome: outcome)
            result.host = "\(probe).example.com"
            book.note(result, of: .init(service: 0, probe: probe), every: .seconds(5))
        }
        note(0, .error("no route"))
        note(1, .fail("status 502"))
        #expect(book.fails(.byProbes, at: .seconds(11)) == nil)
        note(1, .error("no route"))
        #expect(book.fails(.byProbes, at: .seconds(11)) == true)
        #expect(book.fails(.byProbes, at: .seconds(60)) == nil)
    }
}
