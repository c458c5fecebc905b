// A rule that flaps for days while nobody answers: the incident stays readable, and bounded.

import Testing

@testable import WatchCore

struct LeftOutTests {
    private static func breach(_ number: Int, _ trigger: String = "flaps", isOpen: Bool = false)
        -> IncidentRecord.Breach
    {
        let began = WallTime.seconds(1_800_000_000 + Double(number) * 60)
        return IncidentRecord.Breach(
            trigger: trigger, severity: .high, began: began,
            cleared: isOpen ? nil : began + .seconds(30))
    }

    private static var record: IncidentRecord {
        IncidentRecord(
            id: "shop-1", service: "shop", state: .open, severity: .high,
            opened: .seconds(1_800_000_000))
    }

    @Test func theFirstAndTheLastBreachesAreListedAndTheRestCounted() {
        var record = Self.record
        record.append(Self.breach(0, "once"))
        record.append(Self.breach(1, "stands", isOpen: true))
        for number in 2..<5000 { record.append(Self.breach(number)) }
        #expect(record.breaches.count == IncidentRecord.listed)
        #expect(record.leftOut == 5000 - IncidentRecord.listed)
        let began = record.breaches.map {
            ($0.began.nanoseconds / 1_000_000_000 - 1_800_000_000) / 60
        }
        #expect(began == Array(0..<20) + Array(4920..<5000))
        #expect(record.hasOpen("stands"))
    }

    /// What it clears by is asked of each rule that breached.
    @Test func everyRuleStaysListedAndWhatIsOpenToo() {
        var record = Self.record
        for number in 0..<150 { record.append(Self.breach(number, "rule \(number)")) }
        #expect(record.breaches.count == 150)
        for number in 150..<300 {
            record.append(Self.breach(number, "rule \(number - 150)", isOpen: true))
        }
        #expect(Set(record.breaches.map(\.trigger)).count == 150)
        #expect(record.breaches.filter { $0.cleared == nil }.count == 150)
    }

    @Test func operationsThatFailAgainAndAgainUnderOtherNamesAreBoundedToo() {
        var record = Self.record
        for number in 0..<500 { record.append(Self.breach(number, "operation-failed:d\(number)")) }
        #expect(record.breaches.count == IncidentRecord.listed)
    }

    @Test func signalsThatAreBlindAgainAndAgainAreBoundedToo() {
        var record = Self.record
        for number in 0..<500 {
            let began = WallTime.seconds(1_800_000_000 + Double(number))
            record.append(
                IncidentRecord.BlindSignal(
                    signal: "access", reason: "no-data", text: "", began: began, cleared: began))
        }
        #expect(record.blind.count == IncidentRecord.listed)
        #expect(record.leftOut == 400)
    }
}

extension IncidentRecord {
    fileprivate func hasOpen(_ trigger: String) -> Bool {
        breaches.contains { $0.trigger == trigger && $0.cleared == nil }
    }
}
