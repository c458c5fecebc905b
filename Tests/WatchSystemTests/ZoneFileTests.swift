// The system's time zones, against what Foundation-free arithmetic and history say of them.

import FoundationEssentials
import Testing
import WatchCore

@testable import WatchSystem

@Suite struct ZoneFileTests {
    private func unix(_ text: String) throws -> Int64 {
        try #require(WallTime(text: text)).nanoseconds / 1_000_000_000
    }

    @Test(arguments: [
        ("Europe/Berlin", "2026-03-29T00:59:59Z", 3600 as Int64),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", 7200),
        ("Europe/Berlin", "2026-10-25T01:00:00Z", 3600),
        // Far beyond what the file lists itself.
        ("Europe/Berlin", "2099-07-01T00:00:00Z", 7200),
        ("America/New_York", "2050-03-13T06:59:59Z", -18000),
        ("America/New_York", "2050-03-13T07:00:00Z", -14400),
        ("Australia/Lord_Howe", "2030-01-01T00:00:00Z", 39600),
        ("Australia/Lord_Howe", "2030-07-01T00:00:00Z", 37800),
        ("Asia/Kolkata", "2060-07-01T00:00:00Z", 19800),
        // Samoa left out 30 December 2011.
        ("Pacific/Apia", "2011-12-30T09:59:59Z", -36000),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", 50400),
        ("UTC", "2026-07-01T00:00:00Z", 0),
    ])
    func aZoneHasItsOffsetAtAnyTime(name: String, time: String, offset: Int64) throws {
        let table = try ZoneFile.table(name)
        #expect(table.offset(at: try unix(time)) == offset)
    }

    @Test func aZoneIsKnownFrom1990To2100() throws {
        let table = try ZoneFile.table("Europe/Berlin")
        // Two a year.
        #expect(table.transitions.count == 2 * (2100 - 1990 + 1))
        #expect(table.transitions.allSatisfy { $0.at > 0 })
    }

    @Test func everyZoneOfTheSystemIsRead() throws {
        let names = ZoneFile.names()
        #expect(names.count > 300)
        #expect(names.contains("America/Argentina/Ushuaia"))
        for name in names where !name.hasPrefix("posix") { _ = try ZoneFile.table(name) }
    }

    @Test(arguments: [
        "Europe/Berln", "", "..", "../../../etc/passwd", "/etc/passwd", "Europe", "Europe//Berlin",
        "zone.tab/x", "Europe/Berlin\0",
    ])
    func whatIsNoZoneIsUnknown(name: String) {
        #expect(throws: ZoneFile.Failure.unknown) { try ZoneFile.table(name) }
    }

    @Test func withoutTheDatabaseThatIsSaid() {
        #expect(throws: ZoneFile.Failure.noDatabase) {
            try ZoneFile.table("Europe/Berlin", in: "/nowhere")
        }
        #expect(throws: Never.self) { try ZoneFile.table("UTC", in: "/nowhere") }
    }

    @Test func aBrokenFileIsAnErrorAndNoCrash() throws {
        let good = try File.read(ZoneFile.directory + "/Europe/Berlin", limit: 1 << 20)
        for length in 0..<good.count {
            // Cut in the footer it may still be a shorter rule.
            _ = try? ZoneFile.parse(Array(good.prefix(length)), name: "x")
        }
        #expect(throws: ZoneFile.Failure.self) {
            try ZoneFile.parse(Array(good.prefix(good.count / 2)), name: "x")
        }
        for index in stride(from: 0, to: good.count, by: 3) {
            var bad = good
            bad[index] = ~bad[index]
            _ = try? ZoneFile.parse(bad, name: "x")
        }
    }

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", true), ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", true),
        ("EST5EDT,M3.2.0,M11.1.0", true), ("UTC0", true), ("IST-2IDT,M3.4.4/26,M10.5.0", true),
        ("AAA3BBB,J60/0,300/-1", true), ("", false), ("X", false), ("CET", false),
        ("CET-1CEST", false), ("CET-1CEST,M13.1.0,M10.5.0", false), ("CET-1CEST,M3.5.0", false),
        ("CET-200", false), ("CET-1CEST,J0,J5", false),
    ])
    func aRuleIsOfPosixForm(text: String, isRule: Bool) {
        #expect((PosixZone(text) != nil) == isRule)
    }

    @Test func daysOfARuleAreCountedAsPosixSays() throws {
        // Day 60 without leap days is 1 March in every year; day 60 with them 29 February or
        // 1 March, counted from 0.
        let fixed = try #require(PosixZone("AAA0BBB,J60/0,J300/0"))
        #expect(fixed.transitions(from: 2024, to: 2024)[0].at == (try unix("2024-03-01T00:00:00Z")))
        #expect(fixed.transitions(from: 2025, to: 2025)[0].at == (try unix("2025-03-01T00:00:00Z")))
        let counted = try #require(PosixZone("AAA0BBB,59/0,300/0"))
        #expect(
            counted.transitions(from: 2024, to: 2024)[0].at == (try unix("2024-02-29T00:00:00Z")))
        #expect(
            counted.transitions(from: 2025, to: 2025)[0].at == (try unix("2025-03-01T00:00:00Z")))
    }
}
