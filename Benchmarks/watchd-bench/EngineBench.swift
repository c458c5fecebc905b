// What a second costs an engine with ten thousand triggers, each with a signal of its own: the whole
// way from the tick to the verdicts, reading the windows included.

import WatchCore

extension Bench {
    static let services = 100
    static let signals = 100

    static func engine() throws {
        try second("error_rate", "> 25%", "ratio", limit: 0.010)
        try second("p95", "> 1s", "P95", limit: 0.020)
    }

    /// One tick of an engine whose triggers all have what they need to judge.
    static func second(
        _ function: String, _ comparison: String, _ name: String, limit: Double
    ) throws {
        var now = Moment(boot: .seconds(10_000), wall: .seconds(1_800_000_000))
        var engine = Engine(
            configuration: try configuration(function, comparison), now: now, mode: .replay)
        for round in 0..<30 {
            for service in 0..<services {
                for signal in 0..<signals {
                    let latency = Double((round * 7 + signal * 13) % 90 + 10) / 1000
                    let result = ProbeResult(
                        started: now.boot, took: .nanoseconds(Int64(latency * 1e9)), outcome: .pass)
                    _ = engine.handle(
                        .probe(service: "s\(service)", probe: "p\(signal)", result), at: now)
                }
            }
            pass(&now, &engine)
        }
        var took = Double.infinity
        for _ in 0..<20 {
            now.boot = now.boot + .seconds(1)
            now.wall = now.wall + .seconds(1)
            let start = ContinuousClock.now
            _ = engine.handle(.tick, at: now)
            took = min(took, (ContinuousClock.now - start).seconds)
        }
        precondition(
            engine.openIncidents.isEmpty && engine.isHealthy("s7", "t7", at: now),
            "the triggers must have judged")
        row(
            "evaluate 10 000 \(name) triggers", "\(tenths(took * 1000)) ms",
            "\(times(took / limit)) the limit of \(Int(limit * 1000)) ms, a whole tick")
    }

    private static func pass(_ now: inout Moment, _ engine: inout Engine) {
        now.boot = now.boot + .seconds(4)
        now.wall = now.wall + .seconds(4)
        _ = engine.handle(.tick, at: now)
    }

    private static func configuration(
        _ function: String, _ comparison: String
    ) throws -> Configuration {
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/"))
        return Configuration(
            services: try (0..<services).map { service in
                ServiceConfiguration(
                    name: "s\(service)",
                    probes: (0..<signals).map {
                        ProbeConfiguration(
                            name: "p\($0)", every: .seconds(4),
                            kind: .http(request, HTTPExpectation()))
                    },
                    triggers: try (0..<signals).map {
                        TriggerConfiguration(
                            name: "t\($0)",
                            when: try Expression("\(function)(p\($0), 2m) \(comparison)"),
                            severity: .medium)
                    })
            })
    }
}

extension Engine {
    fileprivate mutating func isHealthy(
        _ service: String, _ trigger: String, at now: Moment
    ) -> Bool {
        explain(service: service, trigger: trigger, at: now)?.lines.first?.value == "false"
    }
}
