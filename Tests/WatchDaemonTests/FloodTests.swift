// A flood of datagrams, far more than can be taken: the daemon's memory stays bounded, what is lost
// is counted, and whoever asks the stream is told that it is blind.

import Foundation
import Glibc
import Synchronization
import TestServers
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct FloodTests {
    /// Sends as fast as this host can, from two threads, until it is told to end.
    private final class Flood: Sendable {
        private let isOver = Mutex(false)
        private let sent = Mutex(0)

        init(port: Int, line: String) {
            for _ in 0..<2 {
                Thread { [self] in
                    let socket = connected(to: port)
                    var count = 0
                    let bytes = Array("<11>shop: \(line)".utf8)
                    while !isOver.withLock({ $0 }) {
                        for _ in 0..<1000 where send(socket, bytes, bytes.count, 0) > 0 {
                            count += 1
                        }
                    }
                    close(socket)
                    sent.withLock { $0 += count }
                }.start()
            }
        }

        private func connected(to port: Int) -> Int32 {
            let made = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            var place = sockaddr_in()
            place.sin_family = sa_family_t(AF_INET)
            place.sin_port = UInt16(port).bigEndian
            place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            _ = withUnsafePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            return made
        }

        func end() { isOver.withLock { $0 = true } }
    }

    /// Megabytes that are the process's own.
    private func memory(_ pid: Int32) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        let words = line.split(whereSeparator: \.isWhitespace)
        return try #require(words.dropFirst().first.flatMap { Int($0) }) / 1024
    }

    /// The stream's trigger, as often as the daemon answers, until it is as wanted.
    private func trigger(
        _ daemon: RunningDaemon, until isWanted: (ServiceStatus.TriggerStatus) throws -> Bool
    ) async throws -> ServiceStatus.TriggerStatus {
        while true {
            let status = try await daemon.status()
            let trigger = try #require(status.services.first?.triggers.first)
            if try isWanted(trigger) { return trigger }
            try Task.checkCancellation()
        }
    }

    @Test func aFloodIsBoundedCountedAndTold() async throws {
        let host = try Host()
        let port = try Int(unusedPort())
        try host.write(
            "watchd.yaml",
            """
            services:
              shop:
                streams:
                  app: { syslog: { udp: "127.0.0.1:\(port)" }, format: logfmt, level: level,
                         error: level == error }
                triggers:
                  - { name: errors, when: "error_rate(app, 30s) > 90%", severity: high,
                      min_samples: 1, warm_up: 1s }
            """)
        let daemon = try RunningDaemon(host)
        _ = try await daemon.status()
        let before = try memory(daemon.pid)
        let flood = Flood(port: port, line: "level=info took=0.25 path=/orders/17 text=flood")
        defer { flood.end() }
        var most = 0
        let blind = try await trigger(daemon) {
            most = max(most, try memory(daemon.pid))
            return $0.verdict == .blind
        }
        #expect(blind.note?.contains("lines were lost in the last minute") == true, "\(blind)")
        // It stays so, and does not grow, however long that lasts.
        for _ in 0..<200 {
            let status = try await daemon.status()
            most = max(most, try memory(daemon.pid))
            #expect(status.services.first?.triggers.first?.verdict == .blind)
        }
        flood.end()
        // 16 MB wait in the inbox, as many in the hands of either side, and what malloc keeps.
        #expect(most - before < 160, "\(before) MB before, \(most) MB at most")
    }
}
