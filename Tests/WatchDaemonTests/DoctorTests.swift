// The doctor finds what would be missing at night, and says what to do about it.

import Foundation
import TestServers
import Testing
import WatchConfig
import WatchCore
import WatchHTTP
import WatchSystem
import WatchUnits

@testable import WatchDaemon

@Suite struct DoctorTests {
    /// systemd as polkit lets us see it.
    private struct Bus: UnitBus {
        var problem: UnitBusError?
        var unit = UnitStatus()

        func start(_ unit: String) async throws(UnitBusError) -> String? {
            Issue.record("\(unit) was started")
            return nil
        }

        func stop(_ unit: String) async throws(UnitBusError) {
            // Nothing that could run is ever stopped.
            #expect(unit == "watchd-rollback@watchd-doctor.service")
            if let problem { throw problem }
        }

        func status(_ unit: String) async throws(UnitBusError) -> UnitStatus { self.unit }
        func change(of unit: String) async {}
    }

    private struct Secrets: SecretSource {
        func secret(_ reference: SecretReference) throws(SecretError) -> String {
            if case .credential("known") = reference { return "value" }
            throw SecretError(message: "\(reference): there is no such secret")
        }
    }

    private func examine(
        _ text: String, in directory: String, bus: Bus = Bus(), services: [ServiceStatus] = []
    ) async throws -> DoctorReport {
        let loaded = ConfigurationLoader.loadText(text)
        let configuration = try #require(loaded.configuration, "\(loaded.diagnostics)")
        try? FileManager.default.createDirectory(
            atPath: directory + "/steps", withIntermediateDirectories: true)
        let doctor = Doctor(
            options: DaemonOptions(
                configuration: "", state: directory, socket: "", shim: "/bin/sh"),
            secrets: Secrets(), bus: bus, client: HTTPClient(), time: SystemTime(),
            scripts: directory + "/rollback.d")
        return await doctor.examine(configuration, services)
    }

    @Test func aDiskThatFillsUpIsFoundWithANumber() async throws {
        try await withDirectory { directory in
            var storage = StorageStatus(free: 2 << 20, hasReserve: false)
            storage.checkpointProblem = "no space left on device"
            storage.checkpointsFailSince = .seconds(1_800_000_000)
            let doctor = Doctor(
                options: DaemonOptions(
                    configuration: "", state: directory, socket: "", shim: "/bin/sh"),
                secrets: Secrets(), bus: Bus(), client: HTTPClient(), time: SystemTime())
            let bad = doctor.disk(storage, "no space left for it, the reserve included")
            #expect(bad.map(\.kind) == ["disk", "reserve", "checkpoint", "store"])
            #expect(bad.allSatisfy { $0.state == .problem })
            #expect(bad.allSatisfy { $0.remedy?.contains("df -h \(directory)") ?? false })
            #expect(bad[0].text == "only 2 MiB are free")
            let good = doctor.disk(StorageStatus(free: 5 << 30), nil)
            #expect(good.map(\.text) == ["5 GiB are free", "1 MB is held for a full disk"])
            #expect(good.allSatisfy { $0.state == .ok })
        }
    }

    private func plan(_ step: String) -> String {
        """
        services:
          shop:
            version: [{ symlink: /srv/shop/current }]
            rollback: { plan: back }
        plans:
          back:
            gates: [{ exec: [/usr/bin/env, "${to.version}"], timeout: 5s }]
            methods: [{ name: m, steps: [\(step)] }]
            verify: {}
        """
    }

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "watchd-doctor-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path + "/rollback.d", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private func check(_ report: DoctorReport, _ kind: String) -> [DoctorReport.Check] {
        report.checks.filter { $0.kind == kind }
    }

    @Test func programsThatAreNotThereOrMayNotBeRunAreFound() async throws {
        try await withDirectory { directory in
            let steps =
                "{ exec: [/nowhere/undo], timeout: 1m }, { exec: [/etc/passwd], timeout: 1m }"
            let report = try await examine(plan(steps), in: directory)
            #expect(!report.isHealthy)
            let wrong = check(report, "program").filter { $0.state == .problem }
            #expect(wrong.map(\.name) == ["/nowhere/undo", "/etc/passwd"])
            #expect(wrong.allSatisfy { $0.usedBy == ["plan back"] && $0.remedy != nil })
            #expect(
                check(report, "program").contains { $0.name == "/usr/bin/env" && $0.state == .ok })
        }
    }

    @Test func scriptsOfUnitStepsAreLookedAtAsTheHelperWillLookAtThem() async throws {
        try await withDirectory { directory in
            func script(_ mode: Int) throws {
                let path = directory + "/rollback.d/undo"
                try? FileManager.default.removeItem(atPath: path)
                try "#!/bin/sh\n".write(toFile: path, atomically: false, encoding: .utf8)
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode], ofItemAtPath: path)
            }
            func state() async throws -> DoctorReport.Check? {
                let text = plan("{ unit: undo, timeout: 1m }")
                return check(try await examine(text, in: directory), "unit").first
            }
            if geteuid() == 0 { #expect(try await state()?.text == "is not there") }
            try script(0o644)
            if geteuid() == 0 { #expect(try await state()?.text == "may not be run") }
            try script(0o777)
            #expect(try await state()?.state == .problem)
            try script(0o755)
            #expect(try await state()?.state == (geteuid() == 0 ? .ok : .problem))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o777], ofItemAtPath: directory + "/rollback.d")
            #expect(try await state()?.state == .problem)
        }
    }

    @Test(arguments: [
        (UnitBusError.accessDenied("no"), DoctorReport.State.problem, "50-watchd.rules"),
        (.unreachable("no bus"), .problem, "dbus"), (.refused("busy"), .unknown, ""),
        (.noSuchUnit("x"), .ok, ""),
    ])
    func whatPolkitWouldSayIsAsked(
        problem: UnitBusError, state: DoctorReport.State, remedy: String
    ) async throws {
        try await withDirectory { directory in
            let report = try await examine(
                plan("{ unit: undo, timeout: 1m }"), in: directory, bus: Bus(problem: problem))
            let found = check(report, "polkit").first
            #expect(found?.state == state)
            #expect(remedy.isEmpty || found?.remedy?.contains(remedy) ?? false)
        }
    }

    /// Scripts in order, polkit content, and yet nothing would run at night.
    @Test(
        arguments: [
            ("not-found", nil, "daemon-reload"), ("masked", nil, "systemctl unmask"),
            ("bad-setting", nil, "systemd-analyze verify"),
            ("loaded", "/nowhere/watchd-rollback", "install watchd again"),
            ("loaded", "/etc/passwd", "chmod 755"), ("loaded", "/bin/sh", nil),
        ] as [(String, String?, String?)])
    func whatRunsTheScriptsIsLookedAt(
        loadState: String, program: String?, remedy: String?
    ) async throws {
        try await withDirectory { directory in
            var bus = Bus()
            bus.unit.loadState = loadState
            bus.unit.program = program
            let report = try await examine(
                plan("{ unit: undo, timeout: 1m }"), in: directory, bus: bus)
            let name = program ?? "watchd-rollback@.service"
            let found = try #require(check(report, "unit").first { $0.name == name })
            #expect(found.state == (remedy == nil ? .ok : .problem))
            #expect(found.usedBy == ["plan back"])
            if let remedy { #expect(found.remedy?.contains(remedy) ?? false) }
        }
    }

    @Test func channelsAreReachedWithoutSendingAnything() async throws {
        let server = try #require(
            ScriptedServer { _ in Issue.record("something was sent") })
        let refusing = try #require(RefusingPort())
        defer { server.stop() }
        try await withDirectory { directory in
            let text = """
                services: { shop: {} }
                channels:
                  chat: { slack: "\(server.url)hook/secret" }
                  dead: { slack: "\(refusing.url)" }
                  lost: { slack: "${credential:unknown}" }
                """
            let report = try await examine(text, in: directory)
            let channels = check(report, "channel")
            #expect(server.requests.isEmpty)
            #expect(channels.map(\.name) == ["chat", "dead", "lost"])
            #expect(channels.map(\.state) == [.ok, .problem, .problem])
            #expect(check(report, "secret").map(\.state) == [.problem])
            #expect(check(report, "secret").first?.usedBy == ["channel lost"])
        }
    }

    @Test func directoriesInWhichProgramsStartAreEntered() async throws {
        try await withDirectory { directory in
            let steps = ["/usr/lib", "/no/such", "/etc/passwd"].map {
                "{ exec: [/usr/bin/env], cwd: \($0), timeout: 1m }"
            }
            let report = try await examine(plan(steps.joined(separator: ", ")), in: directory)
            let found = check(report, "directory").filter { $0.usedBy == ["plan back"] }
            #expect(found.map(\.name) == ["/usr/lib", "/no/such", "/etc/passwd"])
            #expect(found.map(\.state) == [.ok, .problem, .problem])
            #expect(found.last?.text == "is no directory")
        }
    }

    @Test func serversOfQueriesAreReached() async throws {
        let server = try #require(ScriptedServer { _ in Issue.record("something was sent") })
        let refusing = try #require(RefusingPort())
        defer { server.stop() }
        func place(_ url: String) -> String {
            Doctor.origin(url).dropFirst("http://".count).dropLast().description
        }
        try await withDirectory { directory in
            let steps = [place(server.url), place(refusing.url), "a.example,b.example", ""].map {
                "{ sql: select 1, database: \"postgresql://u@\($0)/db\", timeout: 1m }"
            }
            let report = try await examine(plan(steps.joined(separator: ", ")), in: directory)
            #expect(check(report, "database").map(\.state) == [.ok, .problem, .unknown, .unknown])
            #expect(server.requests.isEmpty)
        }
        #expect(Doctor.origin("postgresql://u:p@db/x") == "postgresql://db/")
    }

    @Test func groupsThatNoHostKnowsHaveNoMembers() async throws {
        try await withDirectory { directory in
            let text = """
                services: { shop: {} }
                access: { operate: [daemon], approve: { cto: [no-such-group-here] } }
                """
            let report = try await examine(text, in: directory)
            #expect(check(report, "group").map(\.state) == [.ok, .problem])
            #expect(check(report, "group").last?.usedBy == ["role cto"])
        }
    }

    @Test func onlySchemeHostAndPortAreConnectedTo() {
        #expect(Doctor.origin("https://u:p@example.com:8443/a?b#c") == "https://example.com:8443/")
        #expect(Doctor.origin("http://[::1]:80") == "http://[::1]:80/")
    }
}
