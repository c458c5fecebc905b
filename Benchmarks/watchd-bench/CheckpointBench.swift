// What a checkpoint costs a large host: ten thousand probes and twenty busy streams with an hour of
// history, as the daemon writes it every five seconds and reads it once at start.

import FoundationEssentials
import WatchCore

extension Bench {
    private static let hosts = 100
    private static let probesEach = 100
    private static let logs = 20
    private static let history = 3600

    static func checkpoint() throws {
        // Judged at ticks only, or an hour of history would take minutes.
        var engine = Engine(configuration: try large(), now: moment(0), mode: .replay)
        try fill(&engine)
        var second = history
        func tick() -> Double {
            second += 1
            let start = ContinuousClock.now
            _ = engine.handle(.tick, at: moment(second))
            return (ContinuousClock.now - start).seconds
        }
        let alone = (0..<5).map { _ in tick() }.min() ?? 0
        // While a snapshot is held, whatever changes is copied first.
        var beside = 0.0
        for _ in 0..<5 {
            let held = engine.checkpoint(at: moment(second))
            beside = max(beside, tick())
            precondition(held.parts.count == hosts)
        }
        let snapshot = engine.checkpoint(at: moment(second))
        let taking = best { _ = engine.checkpoint(at: moment(second)) }
        var lines: [Data] = []
        let encoding = try best {
            lines = try snapshot.parts.map { try JSONEncoder().encode($0) }
        }
        var read = snapshot.withoutServices
        let decoding = try best {
            for line in lines {
                read.add(try JSONDecoder().decode(EngineCheckpoint.self, from: line))
            }
        }
        precondition(read == snapshot, "what was written must be read")
        let bytes = lines.reduce(0) { $0 + $1.count }
        row(
            "checkpoint, 10 000 probes, 20 streams", "\(tenths(Double(bytes) / 1e6)) MB",
            "\(tenths(encoding * 1000)) ms to encode, \(tenths(decoding * 1000)) ms to decode")
        row(
            "  what the engine waits for", "\(tenths(taking * 1000)) ms",
            "a tick beside one takes \(tenths(beside * 1000)) ms, else \(tenths(alone * 1000)) ms")
    }

    private static func moment(_ second: Int) -> Moment {
        Moment(
            boot: .seconds(Double(10_000 + second)),
            wall: .seconds(Double(1_800_000_000 + second)))
    }

    private static func large() throws -> Configuration {
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/"))
        return Configuration(
            services: try (0..<hosts).map { host in
                let streams =
                    host < logs
                    ? [
                        StreamConfiguration(
                            name: "access", kind: .file(path: "/var/log/\(host)"),
                            format: .nginx(format))
                    ] : []
                let rules = try streams.map { _ in
                    try rule(
                        "burn",
                        "error_rate(access, 2m) > 5% and error_rate(access, 1h) > 1% "
                            + "and p95(access, 5m) > 2s")
                }
                return ServiceConfiguration(
                    name: "s\(host)",
                    probes: (0..<probesEach).map {
                        ProbeConfiguration(
                            name: "p\($0)", every: .seconds(10),
                            kind: .http(request, HTTPExpectation()))
                    }, streams: streams,
                    triggers: try rules
                        + (0..<probesEach).map {
                            try rule(
                                "t\($0)",
                                "error_rate(p\($0), 2m) > 25% and p95(p\($0), 5m) > 1s "
                                    + "and error_rate(p\($0), 1h) > 5%")
                        })
            })
    }

    private static func rule(_ name: String, _ when: String) throws -> TriggerConfiguration {
        TriggerConfiguration(name: name, when: try Expression(when), severity: .medium)
    }

    private static func fill(_ engine: inout Engine) throws {
        let busy = (0..<16).map { seed in
            var sketch = LatencySketch()
            for number in 0..<5000 {
                sketch.record(seconds: Double((number * 7919 + seed * 104_729) % 900 + 10) / 1000)
            }
            return sketch
        }
        for second in 0..<history {
            let now = moment(second)
            for log in 0..<logs {
                let slice = StreamBatch.Slice(
                    second: now.boot.nanoseconds / 1_000_000_000, count: 5000, errors: 3,
                    latency: busy[(second + log) % busy.count])
                _ = engine.handle(
                    .stream(
                        service: "s\(log)", stream: "access",
                        StreamBatch(slices: [slice], lines: 5000)), at: now)
            }
            for number in stride(from: second % 10, to: hosts * probesEach, by: 10) {
                let latency = Double((second * 7 + number * 13) % 90 + 10) / 1000
                let result = ProbeResult(
                    started: now.boot, took: .nanoseconds(Int64(latency * 1e9)), outcome: .pass)
                _ = engine.handle(
                    .probe(
                        service: "s\(number / probesEach)", probe: "p\(number % probesEach)",
                        result), at: now)
            }
            if second % 60 == 0 { _ = engine.handle(.tick, at: now) }
        }
    }
}
