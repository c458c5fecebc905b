// Records made by hand, and what a replay makes of them.

import CZlib
import Foundation
import Testing
import WatchConfig
import WatchCore

@testable import WatchReplay

/// A folder of its own with a configuration and records in it.
final class Recording {
    /// 2026-11-21T09:00:00Z
    static let start = 1_795_251_600

    private static let plan = "- { name: link, steps: [ { unit: link, timeout: 1m } ] }"

    let folder: URL
    var configuration: Configuration
    let text: String

    init(
        triggers: String, service: String = "", plan: String = "", more: String = "",
        rest: String = ""
    ) throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-replay-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        text = """
            services:
              shop:
                version: [ { symlink: /srv/shop/current } ]
                bake: 10m
            \(Self.indented(service, 4))
                probes:
                  health: { http: "http://127.0.0.1:8080/health", every: 10s }
                  ready: { http: "http://127.0.0.1:8080/ready", every: 10s }
                streams:
                  access: { file: /var/log/access.log, format: "$msec $status $request_time" }
                  other: { file: /var/log/other.log, format: "$msec $status $request_time" }
                triggers:
            \(Self.indented(triggers, 6))
                rollback: { plan: go-back }
            \(Self.indented(more, 2))
            plans:
              go-back:
                gates: [ { name: migration, exec: [/bin/false], timeout: 5s } ]
                methods:
            \(Self.indented(
                plan.isEmpty ? Self.plan : plan, 6))
                verify: { probes: [health] }
            channels: { chat: { webhook: { url: "http://127.0.0.1:1/" } } }
            routes: { oncall: [ { to: [chat] } ], team: [ { to: [chat] } ] }
            \(rest)
            """
        let result = ConfigurationLoader.loadText(text)
        configuration = try #require(
            result.configuration, "\(result.diagnostics.map(\.text).joined(separator: "\n"))")
        try Data(text.utf8).write(to: folder.appendingPathComponent("watchd.yaml"))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static func indented(_ text: String, _ columns: Int) -> String {
        text.split(separator: "\n").map { String(repeating: " ", count: columns) + $0 }
            .joined(separator: "\n")
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    @discardableResult
    func write(_ name: String, _ lines: [String]) throws -> String {
        try write(name, Data((lines.map { $0 + "\n" }.joined()).utf8))
    }

    @discardableResult
    func write(_ name: String, _ data: Data) throws -> String {
        try data.write(to: folder.appendingPathComponent(name))
        return path(name)
    }
}

/// A line of the stream `access`, `at` seconds after the start.
func line(_ at: Double, _ status: Int = 200, _ latency: Double = 0.02) -> String {
    String(format: "%.3f %d %.3f", Double(Recording.start) + at, status, latency)
}

/// `rate` lines a second for seconds `from` ..< `to`, of which `bad` in ten are errors.
func traffic(_ seconds: Range<Int>, rate: Int = 10, bad: Int = 0, latency: Double = 0.02)
    -> [String]
{
    seconds.flatMap { second in
        (0..<rate).map { line(Double(second), $0 * 10 < bad * rate ? 502 : 200, latency) }
    }
}

/// A line of a probe file, `at` seconds after the start.
func result(_ at: Double, _ ok: String = "true", version: String? = nil) -> String {
    let version = version.map { ", \"version\": \"\($0)\"" } ?? ""
    return "{\"time\": \"\(time(at))\", \"ok\": \(ok), \"status\": 200, \"latency_ms\": 12"
        + "\(version)}"
}

/// RFC 3339, `at` seconds after the start.
func time(_ at: Double) -> String {
    (WallTime(nanoseconds: Int64(Recording.start) * 1_000_000_000) + .seconds(at)).text
}

/// Everything that a replay told.
struct Told: ReplayObserver {
    var events: [ReplayEvent] = []
    var judged: [WallTime] = []
    var lines = ""

    mutating func happened(_ event: ReplayEvent) {
        events.append(event)
        lines += event.json + "\n"
    }

    mutating func judged(_ engine: Engine, at time: WallTime) { judged.append(time) }

    func of(_ kind: ReplayEvent.Kind, _ trigger: String? = nil) -> [ReplayEvent] {
        events.filter { $0.kind == kind && (trigger == nil || $0.trigger == trigger) }
    }

    /// Seconds after the start.
    func times(_ kind: ReplayEvent.Kind, _ trigger: String? = nil) -> [Double] {
        of(kind, trigger).map {
            Double($0.time.nanoseconds - Int64(Recording.start) * 1_000_000_000) / 1e9
        }
    }

    /// `decision reason`
    var decisions: [String] {
        of(.decision).map { "\($0.decision?.rawValue ?? "") \($0.reason ?? "")" }
    }
}

extension Recording {
    /// Replays with arguments as on the command line.
    @discardableResult
    func replay(_ arguments: [String]) throws -> (told: Told, replay: Replay) {
        var replay = try Replay(request(arguments), configuration: configuration)
        var told = Told()
        try replay.run(&told)
        return (told, replay)
    }

    func told(_ arguments: String...) throws -> Told { try replay(arguments).told }

    private func request(_ arguments: [String]) throws -> ReplayRequest {
        var request = ReplayRequest()
        var at = 0
        while at + 1 < arguments.count {
            let value = arguments[at + 1]
            switch arguments[at] {
            case "--stream": request.inputs.append(try .init(kind: .stream, argument: value))
            case "--probe": request.inputs.append(try .init(kind: .probe, argument: value))
            case "--release":
                request.releases.append(try .init(option: "--release", argument: value))
            case "--known-good":
                request.knownGood.append(try .init(option: "--known-good", argument: value))
            case "--until": request.until = try ReplayRequest.time(value, of: "--until")
            case "--rollback-takes":
                request.rollbackTakes = try #require(Duration(text: value))
            default: Issue.record("no such option: \(arguments[at])")
            }
            at += 2
        }
        return request
    }
}

/// `data` as a gzip member.
func gzip(_ data: Data) throws -> Data {
    var stream = z_stream()
    let opened = deflateInit2_(
        &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size))
    try #require(opened == Z_OK)
    defer { deflateEnd(&stream) }
    var input = Array(data)
    var output = [UInt8](repeating: 0, count: input.count + 1024)
    return try input.withUnsafeMutableBufferPointer { source in
        try output.withUnsafeMutableBufferPointer { target in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            try #require(deflate(&stream, Z_FINISH) == Z_STREAM_END)
            return Data(target[..<(target.count - Int(stream.avail_out))])
        }
    }
}
