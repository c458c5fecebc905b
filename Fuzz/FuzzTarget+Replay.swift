// Any bytes as the files of a replay: an error with a place, or a record that is judged to its end,
// the same each time.

import Glibc
import WatchConfig
import WatchCore
import WatchReplay

extension FuzzTarget {
    private static let shop = ConfigurationLoader.loadText(
        """
        services:
          shop:
            probes: { health: { http: "http://127.0.0.1/", every: 10s } }
            streams:
              plain: { file: /a, format: "$msec $status $request_time" }
              json: { file: /b, format: json, time: $.t, status: $.s, latency: $.l }
            triggers:
              - { name: storm, when: "error_rate(plain, 10s) > 25%", \
              severity: critical, mode: auto, warm_up: 0s, min_samples: 1 }
              - { name: slow, when: "p95(json, 30s) > 1s", \
              severity: critical, mode: auto, warm_up: 0s, min_samples: 1 }
              - { name: down, when: "failing(health) > 50%", \
              severity: critical, mode: auto, warm_up: 0s }
            rollback: { plan: back }
        plans:
          back:
            methods: [ { name: link, steps: [ { unit: link, timeout: 1m } ] } ]
            verify: { probes: [health] }
        channels: { chat: { webhook: { url: "http://127.0.0.1:1/" } } }
        routes: { oncall: [ { to: [chat] } ], team: [ { to: [chat] } ] }
        """
    ).configuration

    private struct Listener: ReplayObserver {
        var lines = ""
        var last = WallTime(nanoseconds: .min)

        mutating func happened(_ event: ReplayEvent) {
            precondition(event.time >= last, "time goes back")
            last = event.time
            lines += event.json + "\n"
        }
    }

    static func replay(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        let first = answer(bytes.dropFirst(), kind)
        precondition(first == answer(bytes.dropFirst(), kind), "two runs, two answers")
    }

    private static func answer(_ bytes: ArraySlice<UInt8>, _ kind: UInt8) -> String {
        let descriptor = open(
            "/tmp/watchd-fuzz-\(getpid())", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard let configuration = shop else { preconditionFailure("the configuration is not good") }
        let names = ["plain", "json", "health"]
        let name = names[Int(kind) % names.count]
        var request = ReplayRequest()
        request.inputs = [
            ReplayRequest.Input(
                kind: name == "health" ? .probe : .stream, service: "shop", signal: name,
                path: "/proc/self/fd/\(descriptor)")
        ]
        request.knownGood = [.init(service: "shop", version: "1.0.0")]
        request.spanLimit = .hours(1)
        var listener = Listener()
        do {
            var replay = try Replay(request, configuration: configuration)
            try replay.run(&listener)
            for problem in replay.problems {
                precondition(!problem.text.isEmpty, "a problem without words")
            }
        } catch let problem as InputProblem {
            precondition(!problem.text.isEmpty, "a problem without words")
        } catch {
            precondition(error is RequestProblem, "an error of no kind")
        }
        return listener.lines
    }
}
