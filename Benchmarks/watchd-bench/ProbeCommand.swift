// HTTP probes as the daemon asks them, one after the other in a few tasks, with what a probe is
// usually asked: a status, and two fields of a JSON answer.

import WatchCore
import WatchHTTP
import WatchProbes
import WatchSystem

enum ProbeCommand {
    /// `probe URL --count N --at-once N [--connection fresh|resume|keep] [--ca-file PATH]`
    static func run(_ command: Command) async throws {
        let count = try command.number("--count")
        let atOnce = try command.number("--at-once")
        let client = HTTPClient()
        let prober = LiveProber(
            client: client, secrets: SystemSecrets(), time: SystemSleeper(on: client))
        let use = command.text("--connection").flatMap(HTTPRequestSpec.ConnectionUse.init) ?? .fresh
        let probe = try probe(command.words[1], use, command.text("--ca-file"))
        let passed = await withTaskGroup(of: Int.self) { group in
            for number in 0..<atOnce {
                let share = count / atOnce + (number < count % atOnce ? 1 : 0)
                group.addTask(executorPreference: prober.home(of: probe)) {
                    var passed = 0
                    for _ in 0..<share
                    where await prober.probe(probe).outcome == .pass {
                        passed += 1
                    }
                    return passed
                }
            }
            return await group.reduce(0, +)
        }
        await client.shutdownAndWait()
        guard passed == count else {
            throw Command.Failure.wrong("\(count - passed) of \(count) probes did not pass")
        }
        Command.report("probes", passed)
    }

    private static func probe(
        _ url: String, _ use: HTTPRequestSpec.ConnectionUse, _ authorities: String?
    ) throws -> ProbeConfiguration {
        var expectation = HTTPExpectation(status: [.exactly(200)])
        expectation.json = [
            .init(path: try JSONPath("$.status"), comparison: .equals(.string("ok"))),
            .init(path: try JSONPath("$.db.latency_ms"), comparison: .less(100)),
        ]
        var request = HTTPRequestSpec(url: Template(literal: url))
        request.connection = use
        request.caFile = authorities
        return ProbeConfiguration(
            name: "health", every: .seconds(10), kind: .http(request, expectation))
    }
}
