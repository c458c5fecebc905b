// A stream as the daemon has it, from the file to the windows of an engine that judges them each
// second: what watchd's following costs, without the rest of the daemon.

import Glibc
import Synchronization
import WatchCore
import WatchStreams
import WatchSystem

/// The engine behind the stream, and what it was handed.
final class Followed: Sendable {
    private struct State {
        var engine: Engine
        var lines = 0
        var refused = 0
        var trouble: String?
    }

    private let state: Mutex<State>
    private let time = SystemTime()
    /// Bytes arrive here when something did.
    private let news: Int32

    init(_ configuration: Configuration, news: Int32) {
        let engine = Engine(configuration: configuration, now: time.now(), mode: .replay)
        state = Mutex(State(engine: engine))
        self.news = news
    }

    func handle(_ event: Event) {
        state.withLock { state in
            if case .stream(_, _, let batch) = event {
                state.lines += batch.lines
                state.refused += batch.losses.unparsed + batch.losses.early + batch.losses.dropped
                if case .unreadable(let reason) = batch.source { state.trouble = reason }
            }
            _ = state.engine.handle(event, at: time.now())
        }
        var byte: UInt8 = 0
        _ = write(news, &byte, 1)
    }

    func tick() { state.withLock { _ = $0.engine.handle(.tick, at: time.now()) } }

    func lines() throws -> Int {
        try state.withLock {
            if let trouble = $0.trouble { throw Command.Failure.wrong(trouble) }
            guard $0.refused == 0 else {
                throw Command.Failure.wrong("\($0.refused) of \($0.lines) lines did not count")
            }
            return $0.lines
        }
    }
}

enum FollowCommand {
    /// `follow PATH --lines N`: from its beginning until so many lines were counted.
    /// With `--live SECONDS` from its end, and for so long at most.
    static func run(_ command: Command) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Command.Failure.system("create a pipe") }
        let isLive = command.text("--live") != nil
        let limit = Duration.seconds(isLive ? try command.number("--live") : 120)
        let wanted = try command.number("--lines")
        let stream = try stream(command)
        let followed = Followed(try configuration(stream), news: ends[1])
        let following = try LogStream(
            service: "shop", configuration: stream, time: SystemTime(), position: nil,
            beginning: isLive ? .end : .start
        ) { event, _ in followed.handle(event) }
        following.start()
        let end = ContinuousClock.now + limit
        var lastTick = ContinuousClock.now
        var buffer = [UInt8](repeating: 0, count: 4096)
        while try followed.lines() < wanted, ContinuousClock.now < end {
            // Live, the daemon's own timer wakes it; here nothing but the second.
            if isLive {
                usleep(1_000_000)
            } else {
                var ready = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
                if poll(&ready, 1, 1000) > 0 { _ = read(ends[0], &buffer, buffer.count) }
            }
            if ContinuousClock.now - lastTick >= .seconds(1) {
                lastTick = ContinuousClock.now
                followed.tick()
            }
        }
        following.stop()
        let lines = try followed.lines()
        guard lines == wanted else {
            throw Command.Failure.wrong("\(lines) lines were counted, \(wanted) expected")
        }
        Command.report("lines", lines)
    }

    private static func stream(_ command: Command) throws -> StreamConfiguration {
        let isJSON = command.has("--json")
        var stream = StreamConfiguration(
            name: "access", kind: .file(path: command.words[1]),
            format: isJSON ? .json : .nginx(Bench.format))
        if isJSON {
            stream.roles = [
                .status: .init(.path(try JSONPath("$.status"))),
                .latency: .init(.path(try JSONPath("$.took_ms")), unit: .ms),
                .time: .init(.path(try JSONPath("$.time"))),
            ]
        }
        if let pattern = command.text("--pattern") { stream.patterns = [.init("found", pattern)] }
        stream.countsRoutes = command.has("--routes")
        return stream
    }

    private static func configuration(_ stream: StreamConfiguration) throws -> Configuration {
        let rules = [
            ("storm", "error_rate(access, 2m) > 25%"), ("slow", "p95(access, 5m) > 1500ms"),
        ]
        return Configuration(services: [
            ServiceConfiguration(
                name: "shop", streams: [stream],
                triggers: try rules.map { name, when in
                    TriggerConfiguration(
                        name: name, when: try Expression(when), severity: .high)
                })
        ])
    }
}
