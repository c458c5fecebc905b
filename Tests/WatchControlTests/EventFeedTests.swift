import Synchronization
import Testing
import WatchCore
import WatchHTTP

@testable import WatchControl

/// Follows the events of a server in a task of its own, and can wait for a text to arrive.
struct Follower {
    private let text: AsyncStream<String>
    private let task: Task<HTTPResult, Never>

    init(_ server: RunningServer, _ path: String, headers: [HTTPHeader] = []) {
        let (text, continuation) = AsyncStream<String>.makeStream()
        self.text = text
        let request = HTTPRequest(
            url: "http://localhost" + path, headers: headers, timeout: nil,
            unixSocket: server.path)
        let client = server.client
        task = Task {
            let result = await client.stream(request) { bytes in
                continuation.yield(String(decoding: bytes, as: UTF8.self))
                return true
            }
            continuation.finish()
            return result
        }
    }

    /// All that came up to and with `end`.
    func read(until end: String) async -> String {
        var all = ""
        for await piece in text {
            all += piece
            if all.contains(end) { break }
        }
        return all
    }

    func stop() async {
        task.cancel()
        _ = await task.value
    }
}

@Suite struct EventFeedTests {
    private let stream = [HTTPHeader("Accept", "text/event-stream")]

    @Test func aReaderIsWokenByNewEvents() async throws {
        try await withServer { server in
            server.backend.append(Fixtures.event(1))
            let follower = Follower(server, "/v1/events", headers: stream)
            _ = await follower.read(until: "journal of watchd")
            server.backend.append(Fixtures.event(2))
            let text = await follower.read(until: "event 2 of shop")
            #expect(text.contains("id: 2\nevent: trigger.breached\ndata: {"))
            #expect(!text.contains("event 1 of shop"))
            await follower.stop()
        }
    }

    @Test func lastEventIDResumesWithoutLossOrRepeat() async throws {
        try await withServer { server in
            for id in 1...5 { server.backend.append(Fixtures.event(Int64(id))) }
            let follower = Follower(
                server, "/v1/events?follow=1&after=1",
                headers: [HTTPHeader("Last-Event-ID", "2")])
            let old = await follower.read(until: "event 5 of shop")
            #expect(!old.contains("event 2 of shop"))
            for id in 3...5 { #expect(old.contains("id: \(id)\n")) }
            // One whose announcement was lost in a full buffer is read from the journal.
            server.backend.append(Fixtures.event(6), announced: false)
            server.backend.append(Fixtures.event(7))
            let new = await follower.read(until: "event 7 of shop")
            #expect(new.contains("id: 6\n"))
            #expect(new.ranges(of: "id: 7\n").count == 1)
            #expect(!new.contains("gap"))
            await follower.stop()
        }
    }

    @Test func whatRetentionTookIsToldAsAGap() async throws {
        try await withServer { server in
            for id in 1...5 { server.backend.append(Fixtures.event(Int64(id))) }
            server.backend.forget(upTo: 3)
            let follower = Follower(server, "/v1/events?follow=1&after=1")
            let text = await follower.read(until: "event 5 of shop")
            #expect(text.contains(": gap: 2 to 3 are not in the journal"))
            await follower.stop()
        }
    }

    @Test func longHistoriesArePagedThrough() async throws {
        try await withServer { server in
            for id in 1...450 { server.backend.append(Fixtures.event(Int64(id))) }
            let follower = Follower(server, "/v1/events?follow=1&after=0")
            let text = await follower.read(until: "event 450 of shop")
            #expect(text.ranges(of: "\nid: ").count == 450)
            await follower.stop()
        }
    }

    @Test func onlyEventsOfTheServiceAskedForCome() async throws {
        try await withServer { server in
            for (id, service) in [(1, "shop"), (2, "blog"), (3, "shop")] {
                server.backend.append(Fixtures.event(Int64(id), service: service))
            }
            let follower = Follower(server, "/v1/events?follow=1&after=0&service=shop")
            let text = await follower.read(until: "event 3 of shop")
            #expect(!text.contains("of blog"))
            #expect(!text.contains("gap"))
            await follower.stop()
        }
    }

    @Test func anEventThatCouldNotBeStoredStillComes() async throws {
        try await withServer { server in
            let follower = Follower(server, "/v1/events", headers: stream)
            _ = await follower.read(until: "journal of watchd")
            server.backend.append(Fixtures.event(0))
            let text = await follower.read(until: "event 0 of shop")
            #expect(!text.contains("id: 0"))
            await follower.stop()
        }
    }

    @Test func stoppingTheServerEndsItsReaders() async throws {
        let follower = Box<Follower?>(nil)
        try await withServer { server in
            let reader = Follower(server, "/v1/events", headers: stream)
            _ = await reader.read(until: "journal of watchd")
            follower.value = reader
        }
        let rest = await follower.value?.read(until: "never comes")
        #expect(rest?.contains("never comes") == false)
    }
}
