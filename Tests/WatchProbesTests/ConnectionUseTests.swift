// What a probe keeps of the one before, as configured.

import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct ConnectionUseTests {
    /// Asks four times, the third time as a re-check: how often somebody came in.
    private func connections(_ use: HTTPRequestSpec.ConnectionUse) async throws -> Int {
        let count = Counter()
        let server = try #require(
            ScriptedServer(readsRequest: false) { connection in
                _ = count.next()
                while connection.readRequest() != nil { connection.answerAndKeep() }
            })
        defer { server.stop() }
        var spec = HTTPRequestSpec(url: try Template(server.url))
        spec.connection = use
        let configuration = ProbeConfiguration(
            name: "p", every: .seconds(10), timeout: .minutes(5),
            kind: .http(spec, HTTPExpectation()))
        let prober = LiveProber(client: HTTPClient(), secrets: Secrets(), time: SystemSleeper())
        for isRecheck in [false, false, true, false] {
            let result = await prober.probe(configuration, isRecheck: isRecheck)
            #expect(result.outcome == .pass)
        }
        // A person sees all of it.
        #expect(await prober.trace(configuration).result.timings?.connect != nil)
        return count.next() - 1
    }

    @Test func eachHasAConnectionOfItsOwnUnlessItMayBeKept() async throws {
        #expect(try await connections(.fresh) == 5)
        #expect(try await connections(.resume) == 5)
        #expect(try await connections(.keep) == 3)
    }
}
