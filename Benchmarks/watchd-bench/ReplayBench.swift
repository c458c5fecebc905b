// A whole replay, from the file to the decision, beside a bare search for the ends of its lines.

import Glibc
import WatchCore
import WatchReplay

extension Bench {
    private static let replayed = 2_000_000
    /// Requests a second, as a site of twenty million a day has them.
    private static let replayedRate = 230

    private struct Silence: ReplayObserver {
        var breaches = 0

        mutating func happened(_ event: ReplayEvent) {
            if event.kind == .breached { breaches += 1 }
        }
    }

    static func replaying() throws {
        let path = "/tmp/watchd-bench-\(getpid()).log"
        defer { unlink(path) }
        guard let file = fopen(path, "w") else { throw Failure.noFile(path) }
        for number in 0..<replayed {
            fputs(line(number), file)
        }
        fclose(file)
        var request = ReplayRequest()
        request.inputs = [try .init(kind: .stream, argument: "shop/access=\(path)")]
        let configuration = try configuration()
        var breaches = 0
        let replay = try best {
            var observer = Silence()
            var replay = try Replay(request, configuration: configuration)
            try replay.run(&observer)
            breaches = observer.breaches
        }
        precondition(breaches == 1, "the bad stretch must be found")
        var lines = 0
        let scan = try best { lines = try count(path) }
        precondition(lines == replayed)
        row(
            "replay nginx lines, 230 a second",
            "\(millions(Double(replayed) / replay)) M lines/s",
            "\(times(replay / scan)) a bare scan for newlines; at least 3 M lines/s wanted")
    }

    private enum Failure: Error {
        case noFile(String)
    }

    private static func line(_ number: Int) -> String {
        let second = number / replayedRate
        let bad = second > 4000 && second < 5000 && number % 2 == 0
        func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let time = "21/Nov/2026:\(pad(second / 3600)):\(pad(second / 60 % 60)):\(pad(second % 60))"
        return
            #"203.0.113.\#(number % 250) - - [\#(time) +0000] "GET /api/orders/\#(number) HTTP/1.1" "#
            + #"\#(bad ? 502 : 200) 512 "-" "Mozilla/5.0 (X11; Linux x86_64)" 0.0\#(number % 90 + 10)"#
            + "\n"
    }

    private static func configuration() throws -> Configuration {
        let triggers = [
            ("storm", "error_rate(access, 2m) > 25%"), ("slow", "p95(access, 5m) > 800ms"),
            ("many", "errors(access, 1h) > 1000000"),
        ]
        return Configuration(services: [
            ServiceConfiguration(
                name: "shop",
                streams: [
                    StreamConfiguration(
                        name: "access", kind: .file(path: ""), format: .nginx(format))
                ],
                triggers: try triggers.map { name, when in
                    TriggerConfiguration(
                        name: name, when: try Expression(when), severity: .high)
                })
        ])
    }

    /// Lines of a file, by memchr(3).
    private static func count(_ path: String) throws -> Int {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw Failure.noFile(path) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 19, alignment: 16)
        defer { buffer.deallocate() }
        guard let base = buffer.baseAddress else { return 0 }
        var lines = 0
        while true {
            let count = read(descriptor, base, buffer.count)
            guard count > 0 else { return lines }
            var at = 0
            while let hit = memchr(base + at, 10, count - at) {
                lines += 1
                at = UnsafeRawPointer(hit) - UnsafeRawPointer(base) + 1
            }
        }
    }
}
