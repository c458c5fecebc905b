import Foundation
import Testing
import WatchHTTP

/// A measurement, not a check: needs `WATCHD_MEASURE=http://127.0.0.1:PORT/`, a fast local server.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["WATCHD_MEASURE"] != nil))
struct ThroughputTests {
    @Test("loopback requests a second", arguments: [true, false])
    func requestsASecond(fresh: Bool) async throws {
        let url = try #require(ProcessInfo.processInfo.environment["WATCHD_MEASURE"])
        let client = HTTPClient()
        let request = HTTPRequest(url: url, reuse: fresh ? .nothing : .connection)
        let count = 20_000
        let time = try await ContinuousClock().measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        for _ in 0..<(count / 64) {
                            guard case .success = await client.send(request) else {
                                throw CancellationError()
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let rate =
            Double(count)
            / (Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18)
        Issue.record(
            "measured \(Int(rate)) requests/s, fresh connections: \(fresh)", severity: .warning)
    }
}
