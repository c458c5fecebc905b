// Any bytes as a configuration: diagnostics with places, or a configuration that an engine takes
// and lives with.

import WatchConfig
import WatchCore

extension FuzzTarget {
    static func configuration(_ bytes: [UInt8]) {
        let result = ConfigurationLoader.loadText(String(decoding: bytes, as: UTF8.self))
        for diagnostic in result.diagnostics {
            precondition(diagnostic.line >= 1 && diagnostic.column >= 1, "a place before the text")
            precondition(!diagnostic.message.isEmpty, "no message")
        }
        let isWrong = result.diagnostics.contains { $0.severity == .error }
        precondition(isWrong == (result.configuration == nil), "neither errors nor a configuration")
        if let configuration = result.configuration { live(configuration) }
    }

    /// A few seconds in the life of an engine with it.
    private static func live(_ configuration: Configuration) {
        var now = Moment(boot: .seconds(1000), wall: .seconds(1_800_000_000))
        var engine = Engine(configuration: configuration, now: now)
        _ = engine.resume(at: now)
        for second in 0..<6 {
            for service in configuration.services { feed(&engine, service, second, now) }
            _ = engine.handle(.tick, at: now)
            // A second each, and once a day that nobody watched.
            let step = Duration.seconds(second == 3 ? 86_400 : 1)
            now = Moment(boot: now.boot + step, wall: now.wall + step)
        }
        let daemon = StatusReport.Daemon(
            version: "fuzz", pid: 1, started: now.wall, configuration: "", stateDirectory: "")
        let status = engine.status(daemon: daemon, at: now)
        precondition(status.services.count == configuration.services.count, "a service is missing")
        for service in configuration.services {
            for trigger in service.triggers {
                let explanation = engine.explain(
                    service: service.name, trigger: trigger.name, at: now)
                precondition(explanation != nil, "a trigger without explanation")
            }
        }
        _ = engine.reconfigure(to: configuration, at: now)
    }

    private static func feed(
        _ engine: inout Engine, _ service: ServiceConfiguration, _ second: Int, _ now: Moment
    ) {
        for (index, probe) in service.probes.enumerated() {
            let outcome: ProbeResult.Outcome =
                switch (index + second) % 3 {
                case 0: .pass
                case 1: .fail("status 502")
                default: .error("name not resolved")
                }
            _ = engine.handle(
                .probe(
                    service: service.name, probe: probe.name,
                    ProbeResult(started: now.boot, took: .milliseconds(3), outcome: outcome)),
                at: now)
        }
        for stream in service.streams {
            var latency = LatencySketch()
            latency.record(seconds: 0.02)
            let slice = StreamBatch.Slice(
                second: now.boot.second - 1, count: 50, errors: second * 10, latency: latency)
            _ = engine.handle(
                .stream(
                    service: service.name, stream: stream.name,
                    StreamBatch(slices: [slice], lines: 50)),
                at: now)
        }
        for index in service.version.indices {
            let version = second < 2 ? "1.0.0" : "2.0.0"
            _ = engine.handle(
                .version(
                    service: service.name, source: index,
                    VersionReading(
                        asked: now.boot, answer: .version(version, commit: nil, fields: [:]))),
                at: now)
        }
    }
}
