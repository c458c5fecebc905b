// The streams of a configuration, and what of their lines is counted.

import Foundation
import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchStreams
import WatchSystem

@testable import WatchDaemon

struct StreamSetTests {
    private func configuration(_ log: String, rule: String) throws -> WatchCore.Configuration {
        var stream = StreamConfiguration(name: "app", kind: .file(path: log), format: .logfmt)
        stream.roles[.status] = StreamConfiguration.Field(.name("status"))
        stream.fields = [.init("user", .name("user")), .init("tenant", .name("tenant"))]
        let service = ServiceConfiguration(
            name: "shop", streams: [stream],
            triggers: [
                TriggerConfiguration(name: "rule", when: try Expression(rule), severity: .high)
            ])
        return Configuration(services: [service])
    }

    /// The names of the fields that were counted in the next batch with lines.
    private func counted(_ queue: EventQueue) async -> Set<String> {
        while true {
            for item in await queue.take() {
                guard case .stream(_, _, let batch) = item.event, batch.lines > 0 else { continue }
                return Set(batch.slices.flatMap(\.audiences.keys))
            }
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func onlyFieldsThatARuleNamesAreCountedAlsoAfterAReload() async throws {
        let log = NSTemporaryDirectory() + "watchd-set-\(UUID().uuidString).log"
        try "".write(toFile: log, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: log) }
        let queue = EventQueue()
        let streams = StreamSet(time: SystemTime(), queue: queue)
        defer { streams.stop() }
        let line = "status=500 user=ann tenant=acme\n"
        for (rule, named) in [
            ("affected(app.user, 5m) > 5%", "user"), ("affected(app.tenant, 5m) > 5%", "tenant"),
        ] {
            try streams.follow(try configuration(log, rule: rule), positions: [:])
            // Its first batch says that it stands at the end of the file.
            _ = await queue.take()
            let file = try #require(FileHandle(forWritingAtPath: log))
            try file.seekToEnd()
            try file.write(contentsOf: Data(line.utf8))
            try file.close()
            #expect(await counted(queue) == [named])
        }
    }

    /// The engine is behind by what waits in the queue when a stream is swapped.
    @Test(.timeLimit(.minutes(10)))
    func aStreamThatIsSwappedGoesOnWhereItStoodAndNotWhereTheEngineIs() async throws {
        let log = NSTemporaryDirectory() + "watchd-set-\(UUID().uuidString).log"
        try "".write(toFile: log, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: log) }
        let queue = EventQueue()
        let streams = StreamSet(time: SystemTime(), queue: queue)
        defer { streams.stop() }
        var known: [String: StreamPosition] = [:]
        for rule in ["count(app, 5m) > 5", "affected(app.user, 5m) > 5%"] {
            try streams.follow(try configuration(log, rule: rule), positions: known)
            let first = await queue.take()
            if known.isEmpty { known["shop/app"] = first.first?.position }
            let file = try #require(FileHandle(forWritingAtPath: log))
            try file.seekToEnd()
            try file.write(contentsOf: Data("status=500 user=ann\n".utf8))
            try file.close()
            var lines = first.map(\.lines).reduce(0, +)
            while lines == 0 { lines = await queue.take().map(\.lines).reduce(0, +) }
            #expect(lines == 1)
        }
    }

    /// Two reloads at once, as SIGHUP beside `watchctl reload`.
    @Test(.timeLimit(.minutes(10)))
    func aStreamThatIsSwappedTwiceAtOnceIsReadOnce() async throws {
        let log = NSTemporaryDirectory() + "watchd-set-\(UUID().uuidString).log"
        try "".write(toFile: log, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: log) }
        let streams = StreamSet(time: SystemTime(), queue: EventQueue())
        defer { streams.stop() }
        for round in 0..<50 {
            let configuration = try configuration(
                log, rule: "affected(app.\(round % 2 == 0 ? "user" : "tenant"), 5m) > 5%")
            try await withThrowingTaskGroup { group in
                for _ in 0..<2 {
                    group.addTask { try streams.follow(configuration, positions: [:]) }
                }
                try await group.waitForAll()
            }
        }
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0))
                == log
        }
        #expect(open.count <= 1)
    }

    /// What was written meanwhile was nobody's business, however long that was.
    @Test(.timeLimit(.minutes(10)))
    func aStreamThatIsTakenOutAndPutBackBeginsAnew() async throws {
        let log = NSTemporaryDirectory() + "watchd-set-\(UUID().uuidString).log"
        try "".write(toFile: log, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: log) }
        func append(_ text: String) throws {
            let file = try #require(FileHandle(forWritingAtPath: log))
            try file.seekToEnd()
            try file.write(contentsOf: Data(text.utf8))
            try file.close()
        }
        let queue = EventQueue()
        let streams = StreamSet(time: SystemTime(), queue: queue)
        defer { streams.stop() }
        let configuration = try configuration(log, rule: "count(app, 5m) > 5")
        try append("status=500 user=ann\n")
        try streams.follow(configuration, positions: [:])
        _ = await queue.take()
        try streams.follow(Configuration(services: []), positions: [:])
        try append("status=500 user=ann\nstatus=500 user=bob\n")
        try streams.follow(configuration, positions: [:])
        var lines = await queue.take().map(\.lines).reduce(0, +)
        try append("status=200 user=ann\n")
        while lines == 0 { lines = await queue.take().map(\.lines).reduce(0, +) }
        #expect(lines == 1)
    }

    private func drain(_ name: String, _ port: Int) -> WatchCore.Configuration {
        let stream = StreamConfiguration(
            name: name, kind: .drain(DrainListener(host: "127.0.0.1", port: port)), format: .json)
        return Configuration(services: [ServiceConfiguration(name: "shop", streams: [stream])])
    }

    /// Each reload takes away a listener, and one of them gives its place to another stream.
    @Test(.timeLimit(.minutes(10)))
    func aListenerComesMovesAndGoesWithReloads() async throws {
        let port = try Int(unusedPort())
        let queue = EventQueue()
        let streams = StreamSet(time: SystemTime(), queue: queue)
        defer { streams.stop() }
        let client = HTTPClient()
        defer { client.shutdown() }
        func post() async -> Int? {
            let request = HTTPRequest(
                method: "POST", url: "http://127.0.0.1:\(port)/", body: Array("{}".utf8))
            guard case .success(let response) = await client.send(request) else { return nil }
            return response.status
        }
        for name in ["web", "edge"] {
            try streams.follow(drain(name, port), positions: [:])
            while await post() != 200 {}
            var from: Set<String> = []
            while from.isEmpty {
                for item in await queue.take() where item.lines > 0 {
                    if case .stream(_, let stream, _) = item.event { from.insert(stream) }
                }
            }
            #expect(from == [name])
        }
        try streams.follow(Configuration(services: []), positions: [:])
        #expect(await post() == nil)
    }
}

extension EventQueue.Item {
    fileprivate var lines: Int {
        if case .stream(_, _, let batch) = event { batch.lines } else { 0 }
    }
}
