// A name server that takes questions and never answers, as a firewall makes of one: look-ups end in
// the probe's time and are told as what they are.

import Foundation
import Glibc
import TestServers
import Testing
import WatchCore
import WatchProbes

/// Takes datagrams at port 53 of an address of this host that nobody else has, and keeps them.
private final class SilentNameServer: Sendable {
    static let address = "127.83.9.53"
    private let socket: Int32

    init?() {
        socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        // The one before may live on for a moment in a program that another test is just starting;
        // what is sent goes to whoever came last.
        var yes: Int32 = 1
        setsockopt(
            socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout.size(ofValue: yes)))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = UInt16(53).bigEndian
        inet_pton(AF_INET, Self.address, &place.sin_addr)
        let code = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(socket)
            return nil
        }
    }

    deinit { close(socket) }

    /// So many questions, until none comes for so many seconds.
    func hear(upTo limit: Int, untilSilentFor seconds: Int) -> Int {
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_RCVTIMEO, &patience,
            socklen_t(MemoryLayout.size(ofValue: patience)))
        var (count, byte) = (0, UInt8(0))
        while count < limit, recv(socket, &byte, 1, 0) >= 0 { count += 1 }
        return count
    }

    var asked: Int {
        var (count, byte) = (0, UInt8(0))
        while recv(socket, &byte, 1, Int32(MSG_DONTWAIT)) >= 0 { count += 1 }
        return count
    }
}

/// Whoever runs these may give a program another `/etc/resolv.conf`, and take port 53.
private let maySwapResolver: Bool = {
    guard geteuid() == 0, SilentNameServer() != nil else { return false }
    let process = ChildProcess()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = ["-m", "mount", "--bind", "/dev/null", "/etc/resolv.conf"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}()

@Suite(.serialized, .enabled(if: maySwapResolver, "needs root, and mounts of its own"))
struct HangingResolverTests {
    private struct Answer: Decodable {
        var outcome: String
        var reason: String?
        var timings: [String: Double?]
    }

    /// `watchctl probe` on a host whose only name server is silent.
    private func ask(_ probe: String, timeout: String) async throws -> (Answer, ProgramResult) {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-resolver-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("watchd.yaml")
        let resolver = directory.appendingPathComponent("resolv.conf")
        try Data("nameserver \(SilentNameServer.address)\noptions timeout:30 attempts:5\n".utf8)
            .write(to: resolver)
        try Data(
            "services: { shop: { probes: { p: { every: 10m, timeout: \(timeout), \(probe) } } } }"
                .utf8
        ).write(to: file)
        let result = try await runProgram(
            "/usr/bin/unshare",
            [
                "-m", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
                resolver.path, try program("watchctl").path, "probe", "shop/p", "--config",
                file.path, "--json",
            ])
        let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
        return (answer, result)
    }

    @Test func anHTTPProbeEndsInTimeAndSaysItWasTheName() async throws {
        let server = try #require(SilentNameServer())
        let (answer, result) = try await ask(
            "http: 'http://shop.example.com/health'", timeout: "1500ms")
        // The resolver is this host's, so it is no failure of the target.
        #expect(answer.outcome == "error" && result.status == 3)
        let reason = try #require(answer.reason)
        #expect(reason.contains("the name was not resolved"), "\(reason)")
        #expect(reason.contains("check the host's resolver"))
        let total = try #require(answer.timings["total"] ?? nil)
        #expect((1.4..<20).contains(total), "\(total)")
        #expect(answer.timings["connect"] == .some(nil))
        #expect(server.asked > 0)
    }

    @Test(arguments: ["tcp: 'shop.example.com:80'", "tls: 'shop.example.com:443'"])
    func soDoOtherKinds(probe: String) async throws {
        let server = try #require(SilentNameServer())
        let (answer, _) = try await ask(probe, timeout: "1500ms")
        #expect(answer.outcome == "error")
        #expect(answer.reason?.contains("the name was not resolved") == true)
        #expect(server.asked > 0)
    }

    /// Each look-up has a thread that nobody can end.
    @Test func manyNamesAreNotManyThreads() async throws {
        let server = try #require(SilentNameServer())
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-resolver-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (file, resolver) = (
            directory.appendingPathComponent("watchd.yaml"),
            directory.appendingPathComponent("resolv.conf")
        )
        try Data("nameserver \(SilentNameServer.address)\noptions timeout:30 attempts:5\n".utf8)
            .write(to: resolver)
        let probes = (0..<200).map {
            "p\($0): { every: 1s, timeout: 500ms, http: 'http://n\($0).example.com/' }"
        }
        try Data("services: { shop: { probes: { \(probes.joined(separator: ", ")) } } }".utf8)
            .write(to: file)
        let process = ChildProcess()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = [
            "-m", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
            resolver.path, try program("watchd").path, "--config", file.path, "--state",
            directory.path, "--socket", directory.appendingPathComponent("socket").path,
            "--unit-logs", directory.path,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        // An address of each kind for each name. They are asked again after 30 s.
        let asked = server.hear(upTo: 1000, untilSilentFor: 3)
        let most = Self.threads(process.processIdentifier)
        #expect((2...256).contains(asked), "\(asked)")
        #expect((10..<120).contains(most), "\(most)")
    }

    private static func threads(_ pid: Int32) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Threads:") }
        return line.flatMap { Int($0.split(separator: "\t").last ?? "") } ?? 0
    }

    @Test func aDNSProbeOfThisHostsResolverIsOurTrouble() async throws {
        let server = try #require(SilentNameServer())
        let (answer, _) = try await ask("dns: shop.example.com", timeout: "1500ms")
        #expect(answer.outcome == "error")
        #expect(
            answer.reason
                == "this host's name server \(SilentNameServer.address):53: "
                + "no answer after 1.5s, asked three times")
        #expect(server.asked == 3)
    }
}
