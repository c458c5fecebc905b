// Maintenance, silences and connectivity as they are written, and every mistake with its place.

import Testing
import WatchConfig
import WatchCore

@Suite struct QuietTests {
    private static let service = """
        services:
          shop:
            probes: { health: { http: "http://127.0.0.1/", every: 10s } }
            triggers: [ { name: down, when: "failing(health) > 60%", severity: low } ]

        """

    private func loaded(_ text: String) throws -> Configuration {
        let result = ConfigurationLoader.loadText(Self.service + text, name: "test.yaml")
        #expect(result.remarks.isEmpty, "\(result.diagnostics)")
        return try #require(result.configuration)
    }

    private func mistakes(_ text: String) -> [String] {
        errors(Self.service + text).map { "\($0.message); \($0.remedy ?? "")" }
    }

    @Test func aWeeklyMaintenanceIsRead() throws {
        let configuration = try loaded(
            """
            maintenance:
              - { name: weekend, services: [shop], days: [sat, sun], from: "22:00", to: 02:00,
                  zone: Europe/Berlin, reason: deployments }
            """)
        let window = try #require(configuration.maintenance.first)
        #expect(window.name == "weekend" && window.services == ["shop"])
        #expect(window.reason == "deployments")
        guard case .weekly(let weekly) = window.time else {
            Issue.record("not weekly")
            return
        }
        #expect(weekly.days == [.sat, .sun] && weekly.from == 22 * 60 && weekly.to == 120)
        #expect(weekly.zone.name == "Europe/Berlin")
        // Saturday, 4 July 2026, 22:30 in Berlin.
        let night = try #require(WallTime(text: "2026-07-04T20:30:00Z"))
        #expect(window.time.span(at: night)?.to.text == "2026-07-05T00:00:00.000Z")
    }

    @Test func aSingleMaintenanceIsRead() throws {
        let configuration = try loaded(
            """
            maintenance:
              - { name: upgrade, from: 2026-12-01T22:00:00+01:00, to: 2026-12-02T02:00:00Z }
            """)
        let from = try #require(WallTime(text: "2026-12-01T21:00:00Z"))
        let to = try #require(WallTime(text: "2026-12-02T02:00:00Z"))
        #expect(configuration.maintenance.first?.time == .once(from: from, to: to))
        #expect(configuration.maintenance.first?.services == [])
    }

    @Test func silencesAreRead() throws {
        let configuration = try loaded(
            """
            silences:
              - { name: known, triggers: [down], until: 2026-12-01T00:00:00Z, reason: "TICKET-7" }
              - { name: night, severities: [low, medium], from: "20:00", to: "08:00", zone: UTC,
                  reason: nobody there }
            """)
        #expect(configuration.silences.map(\.name) == ["known", "night"])
        #expect(configuration.silences[0].triggers == ["down"])
        #expect(configuration.silences[1].severities == [.low, .medium])
        guard case .weekly(let night) = configuration.silences[1].time else {
            Issue.record("not weekly")
            return
        }
        #expect(night.days.count == 7)
    }

    @Test func connectivityIsRead() throws {
        let configuration = try loaded(
            """
            connectivity:
              [ "tcp://192.0.2.1:53", "tcp://[2001:db8::1]:443", "https://example.com/" ]
            """
        )
        #expect(
            configuration.connectivity.map(\.kind) == [
                .tcp(host: "192.0.2.1", port: 53), .tcp(host: "[2001:db8::1]", port: 443),
                .http(url: "https://example.com/"),
            ])
    }

    @Test func noDataAndAckExpiresAreRead() throws {
        let text = """
            services: { shop: { no_data: record, probes: { p: { http: "http://a/", every: 1s } } } }
            policy: { high: { ack_expires: 45m } }
            """
        let result = ConfigurationLoader.loadText(text, name: "test.yaml")
        let configuration = try #require(result.configuration)
        #expect(configuration.services[0].noData == .record)
        #expect(configuration.policy[.high]?.ackExpires == .minutes(45))
        #expect(configuration.policy[.critical]?.ackExpires == .hours(4))
    }

    /// The wall clock of whoever wrote it is not known here.
    @Test(arguments: [
        ("2026-12-01T22:00:00", "no offset", "2026-12-01T22:00:00Z if that is UTC"),
        ("2026-12-01 22:00", "no offset", "2026-12-01 22:00:00+02:00"),
        ("2026-12-01", "no time and no offset", "2026-12-01T00:00:00Z"),
        ("2026-12-01T22:00Z", "not quite", "2026-12-01T22:00:00Z"),
        ("2026-12-01T22:00:00+0200", "not quite", "2026-12-01T22:00:00+02:00"),
        ("2026-12-01T22:00+02", "not quite", "2026-12-01T22:00:00+02:00"),
        ("2026-02-30T22:00:00Z", "is no", "2026-12-01T22:00:00Z"),
        ("tomorrow", "is no", "2026-12-01T22:00:00Z"),
    ])
    func aMomentSaysWhatItLacks(text: String, message: String, remedy: String) throws {
        for key in ["until: \"\(text)\"", "from: \"\(text)\", to: 2027-01-01T00:00:00Z"] {
            let found = mistakes("silences: [ { name: a, reason: b, severities: [low], \(key) } ]")
            #expect(found.count == 1)
            #expect(
                found.first?.contains(message) == true && found.first?.contains(remedy) == true,
                "\(found)")
        }
    }

    @Test(arguments: [
        (#"from: "22:00", to: "02:00""#, "need a 'zone'", "zone: UTC"),
        (#"from: "22:00", to: "02:00", zone: berlin"#, "no time zone", "'Europe/Berlin'"),
        (#"from: "22:00", to: "02:00", zone: Europe/Berln"#, "no time zone", "'Europe/Berlin'"),
        (#"from: "22:00", to: "02:00", zone: ../../etc/passwd"#, "no time zone", "Europe/Berlin"),
        (#"from: "22:00", to: "22:00", zone: UTC"#, "zero length", "24:00"),
        (#"from: "24:00", to: "02:00", zone: UTC"#, "zero length", "24:00"),
        (#"from: "25:00", to: "02:00", zone: UTC"#, "'25:00' is no time", "22:00"),
        (#"from: "22:00", zone: UTC"#, "needs 'to' too", "22:00"),
        ("zone: UTC", "says no time", "days:"),
        (#"days: [saturday], from: "1:00", to: "2:00", zone: UTC"#, "is no day", "'sat'"),
        (#"days: [], from: "1:00", to: "2:00", zone: UTC"#, "no day in it", "mon"),
        (
            "from: 2026-12-02T00:00:00Z, to: 2026-12-01T00:00:00Z", "ends before it begins",
            "later than"
        ),
        (
            "from: 2026-12-01T00:00:00Z, to: 2026-12-02T00:00:00Z, zone: UTC", "goes with times",
            "remove"
        ),
        (#"from: 2026-12-01T00:00:00Z, to: "02:00""#, "or the other way", "write both"),
        (
            "services: [shpo], from: 2026-12-01T00:00:00Z, to: 2026-12-02T00:00:00Z",
            "no service 'shpo'", "'shop'"
        ),
        (
            "services: [], from: 2026-12-01T00:00:00Z, to: 2026-12-02T00:00:00Z",
            "no service in it", "leave 'services' out"
        ),
    ])
    func aMistakeInMaintenanceIsToldWithItsRemedy(
        fields: String, message: String, remedy: String
    ) throws {
        let found = mistakes("maintenance: [ { name: m, \(fields) } ]")
        #expect(found.count == 1, "\(found)")
        let first = try #require(found.first)
        #expect(first.contains(message) && first.contains(remedy), "\(first)")
    }

    @Test(arguments: [
        ("until: 2026-12-01T00:00:00Z, reason: x", "mute every page", "services:"),
        ("services: [shop], until: 2026-12-01T00:00:00Z", "needs 'reason'", "reason:"),
        ("services: [shop], until: tomorrow, reason: x", "'tomorrow' is no moment", "2026-12-01"),
        (
            #"services: [shop], until: 2026-12-01T00:00:00Z, from: "22:00", reason: x"#,
            "'from' does not go with 'until'", "alone"
        ),
        (
            "triggers: [dwn], until: 2026-12-01T00:00:00Z, reason: x", "no trigger 'dwn'", "'down'"
        ),
        (
            "severities: [hihg], until: 2026-12-01T00:00:00Z, reason: x", "'hihg' is no severity",
            "'high'"
        ),
        ("trigger: [down], until: 2026-12-01T00:00:00Z, reason: x", "unknown key", "'triggers'"),
    ])
    func aMistakeInASilenceIsToldWithItsRemedy(
        fields: String, message: String, remedy: String
    ) throws {
        let found = mistakes("silences: [ { name: s, \(fields) } ]")
        #expect(found.count == 1, "\(found)")
        let first = try #require(found.first)
        #expect(first.contains(message) && first.contains(remedy), "\(first)")
    }

    @Test(arguments: [
        "192.0.2.1:53", "tcp://192.0.2.1", "tcp://:53", "tcp://a b:53", "udp://a:53",
        "tcp://a:99999", "http://", "https://user:secret@example.com/", "http://${env:X}/",
    ])
    func aMistakeInConnectivityIsToldWithItsRemedy(target: String) {
        let found = errors(Self.service + "connectivity: [ \"\(target)\" ]")
        #expect(found.count == 1, "\(found)")
        #expect(found.allSatisfy { $0.remedy != nil && $0.line == 5 })
        #expect(found.allSatisfy { !$0.text.contains("secret") })
    }

    @Test func aNameIsGivenOnce() {
        let found = mistakes(
            """
            maintenance: [ { name: a, from: "1:00", to: "2:00", zone: UTC } ]
            silences: [ { name: a, services: [shop], until: 2026-12-01T00:00:00Z, reason: x } ]
            """)
        #expect(found.count == 1 && found[0].contains("is taken"))
    }

    @Test func servicesThatDependOnOneAnotherInACircleAreAnError() {
        let found = errors(
            """
            services:
              a: { depends_on: [b] }
              b: { depends_on: [c] }
              c: { depends_on: [a] }
              d: { depends_on: [a] }
            """)
        #expect(found.count == 1)
        #expect(found.first?.message.contains("a → b → c → a") == true)
        #expect(found.first?.at == "2:21")
    }
}
