// Times in which watchd keeps quiet, as people ask for them on the command line: silences, which
// keep pages back; maintenance, in which nothing is done; and a network of our own that is down.

import Foundation
import TestServers
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct QuietTimesTests {
    /// What watchctl printed, all of it, and its exit status.
    private func watchctl(
        _ daemon: RunningDaemon, _ arguments: String...
    ) async throws -> (status: Int32, text: String) {
        let process = ChildProcess()
        process.executableURL = URL(fileURLWithPath: try builtProgram("watchctl"))
        process.arguments = arguments + ["--socket", daemon.socket, "--no-color"]
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        try pipe.fileHandleForWriting.close()
        return await onThread {
            let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func aSilenceKeepsPagesBackUntilItIsEnded() async throws {
        let host = try Host()
        let daemon = try RunningDaemon(host)
        _ = try #require(await daemon.event("release.good"))
        let silenced = try await watchctl(
            daemon, "silence", "shop", "--for", "1h", "--reason", "load test")
        #expect(silenced.status == 0, "\(silenced.text)")
        let silence = try #require(
            try await daemon.get([QuietStatus].self, "/v1/silences").first)
        #expect(silence.services == ["shop"] && silence.isOn && silence.reason == "load test")
        #expect(silenced.text.contains(silence.name), "\(silenced.text)")
        try host.deploy(Host.bad)
        _ = try #require(await daemon.event("page.muted"))
        #expect(host.chat.messages("storm").isEmpty)
        let status = try await watchctl(daemon, "status")
        #expect(status.text.contains("SILENCED shop (\(silence.name)) by root"), "\(status.text)")
        #expect(status.text.contains("load test · 1 pages kept back"), "\(status.text)")
        #expect(status.status == 1, "an incident is open")
        let list = try await watchctl(daemon, "silence", "list")
        #expect(list.text.contains(silence.name) && list.text.contains("root"), "\(list.text)")
        let unknown = try await watchctl(daemon, "silence", "end", "silence-99")
        #expect(unknown.status != 0 && unknown.text.contains("silence-99"), "\(unknown.text)")
        let ended = try await watchctl(daemon, "silence", "end", silence.name)
        #expect(ended.status == 0 && ended.text.contains("1 page"), "\(ended.text)")
        _ = try #require(await host.chat.message("storm"))
        #expect(try await watchctl(daemon, "silence", "list").text == "There is none.\n")
        try await expectEvidence(daemon)
    }

    /// What the log said is kept with the incident, and not sent.
    private func expectEvidence(_ daemon: RunningDaemon) async throws {
        let incident = try #require(
            try await daemon.get([IncidentRecord].self, "/v1/incidents").first)
        let shown = try await watchctl(daemon, "incident", incident.id)
        #expect(shown.text.contains("last errors of access"), "\(shown.text)")
        #expect(shown.text.contains("\"GET / HTTP/1.1\" 502"), "\(shown.text)")
    }

    @Test func inMaintenanceNothingIsDoneAndAfterItPeopleAreTold() async throws {
        let host = try Host()
        let daemon = try RunningDaemon(host)
        try await daemon.arm()
        _ = try #require(await daemon.event("release.good"))
        let began = try await watchctl(
            daemon, "maintenance", "shop", "--for", "1h", "--reason", "upgrade")
        #expect(began.status == 0, "\(began.text)")
        let head = try await watchctl(daemon, "status")
        #expect(head.text.contains("MAINTENANCE"), "\(head.text)")
        #expect(head.text.contains("of shop by root, until"), "\(head.text)")
        try host.deploy(Host.bad)
        let decision = try #require(await daemon.event("decision"))
        #expect(decision.decision == "record" && decision.reason == "maintenance")
        #expect(host.runs.isEmpty && host.chat.messages.all.isEmpty)
        let list = try await watchctl(daemon, "maintenance", "list")
        #expect(list.text.contains("upgrade"), "\(list.text)")
        let ended = try await watchctl(daemon, "maintenance", "end", "shop")
        #expect(ended.status == 0, "\(ended.text)")
        _ = try #require(await host.chat.message("storm"))
        #expect(host.runs.isEmpty && host.release == Host.bad)
        #expect(try await watchctl(daemon, "maintenance", "list").text == "There is none.\n")
    }

    @Test func whileOurOwnNetworkIsDownNothingIsJudgedAndThenItIs() async throws {
        let host = try Host()
        let gate = try #require(Gate())
        try host.write(
            "watchd.yaml", host.text("watchd.yaml") + "connectivity: [ \"\(gate.url)\" ]\n")
        let daemon = try RunningDaemon(host)
        try await daemon.arm()
        _ = try #require(await daemon.event("release.good"))
        gate.shut()
        _ = try #require(await daemon.event("own-network.failed"))
        try host.deploy(Host.bad)
        _ = try #require(await daemon.event("release.detected", count: 2))
        let report = try await daemon.status()
        #expect(report.ownNetwork?.contains(gate.url) == true, "\(report.ownNetwork ?? "none")")
        let service = try #require(report.services.first)
        #expect(service.triggers.map(\.verdict) == [.blind])
        #expect(service.triggers.first?.note?.contains("own-network") == true)
        #expect(service.incident == nil && host.runs.isEmpty)
        let status = try await watchctl(daemon, "status")
        #expect(status.text.contains("this host's own network fails"), "\(status.text)")
        gate.open()
        _ = try #require(await daemon.event("own-network.works"))
        _ = try #require(await daemon.event("incident.recovered"))
        #expect(host.release == Host.good && host.runs == Host.onceEach)
    }
}

/// A port that answers, or does not: one whose queue is full lets connections wait (listen(2)).
private final class Gate: Sendable {
    let url: String
    private let listener: Int32

    init?() {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, size) = (listener, length)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 4096) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        url = "tcp://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        guard isBound else { return nil }
    }

    deinit { close(listener) }

    /// Nobody accepts, and the connections of before fill the queue.
    func shut() { listen(listener, 0) }

    func open() { listen(listener, 4096) }
}
