import Glibc
import Synchronization
import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchSystem

@testable import WatchProbes

/// Where probes run: on the client's thread, as long as they hold nobody up there.
@Suite struct ProbeHomeTests {
    private static func thread() async -> pthread_t { pthread_self() }

    private func takesLong(
        _ body: Int = 10, _ change: (inout HTTPProbe.Question) throws -> Void = { _ in }
    ) throws -> Bool {
        var question = HTTPProbe.Question(
            request: HTTPRequestSpec(url: Template(literal: "http://a/")),
            expectation: HTTPExpectation())
        try change(&question)
        let response = HTTPResponse(body: [UInt8](repeating: 32, count: body))
        return HTTPProbe.takesLong(.success(response), question)
    }

    @Test func largeBodiesAndPatternsAreJudgedElsewhere() throws {
        let path = try JSONPath("$.a")
        #expect(try !takesLong())
        #expect(try takesLong(100_000))
        #expect(
            try !takesLong { $0.expectation.json = [.init(path: path, comparison: .exists)] })
        #expect(
            try takesLong { $0.expectation.json = [.init(path: path, comparison: .matches("a"))] })
        #expect(try takesLong { $0.expectation.matches = "a" })
        #expect(try !takesLong { $0.expectation.contains = "a" })
        #expect(
            try takesLong { $0.expectation.headers = [.init(name: "a", comparison: .matches("a"))] }
        )
        #expect(
            try takesLong {
                $0.degradedUnless = HTTPExpectation()
                $0.degradedUnless?.matches = "a"
            })
        #expect(try takesLong { $0.saves = [.init(name: "a", source: .pattern("a"))] })
        #expect(try !takesLong { $0.saves = [.init(name: "a", source: .header("a"))] })
    }

    /// The same verdict, wherever it is found.
    @Test func whatIsJudgedElsewhereComesBack() async throws {
        let client = HTTPClient()
        let prober = LiveProber(
            client: client, secrets: Secrets(), time: SystemSleeper(on: client))
        var expectation = HTTPExpectation()
        expectation.matches = "^b+$"
        try await withServer {
            $0.answer(200, [], String(repeating: "b", count: 50_000))
        } _: { [expectation] server in
            let probe = try ProbeConfiguration.http(server.url, expect: expectation)
            let task = Task(executorPreference: prober.home(of: probe)) {
                let before = await Self.thread()
                let result = await prober.probe(probe)
                return (result, before, await Self.thread())
            }
            let (result, before, after) = await task.value
            #expect(result.outcome == .pass)
            #expect(before == after)
        }
    }

    @Test func whatQuotesAnAnswerIsCleanedElsewhere() async throws {
        let client = HTTPClient()
        let time = SystemSleeper(on: client)
        let home = await Task(executorPreference: client.thread) { await Self.thread() }.value
        let cleaned = Mutex<[pthread_t]>([])
        let (events, feed) = AsyncStream.makeStream(of: Event.self)
        let schedule = ProbeSchedule(
            prober: LiveProber(client: client, secrets: Secrets(), time: time), time: time,
            clean: { event in
                cleaned.withLock { $0.append(pthread_self()) }
                return event
            },
            sink: { feed.yield($0) })
        try await withServer {
            $0.answer(500, [], "no")
        } _: { bad in
            try await withServer {
                $0.answer(200, [], "ok")
            } _: { good in
                let probes = try [("good", good), ("bad", bad)].map {
                    try ProbeConfiguration.http(
                        $0.1.url, name: $0.0, every: .milliseconds(100))
                }
                await schedule.start([.init(service: "shop", probes: probes, versions: [])])
                var heard: [String: Int] = [:]
                for await case .probe(_, let name, let result) in events {
                    #expect((result.outcome == .pass) == (name == "good"))
                    heard[name, default: 0] += 1
                    if heard["good", default: 0] > 2, heard["bad", default: 0] > 2 { break }
                }
                await schedule.stop()
                let threads = cleaned.withLock { $0 }
                #expect(threads.allSatisfy { $0 != home })
                #expect(threads.count >= heard["bad", default: 0])
            }
        }
    }
}
