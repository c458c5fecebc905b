// The built program as a process: started, asked, followed, killed.

import Foundation
import Synchronization
import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchSystem

final class RunningDaemon: Sendable {
    struct Options: Sendable {
        /// See `CrashPoint`.
        var crashAt: String?
        var state: String?
        var socket: String?
        var shim: String?
        /// A program that runs it: `["unshare", "-m", …]`.
        var wrapper: [String] = []
    }

    let socket: String
    let lines = Happenings<String>()
    private let exit = Happenings<Int32>()
    private let process = ChildProcess()
    private let client = HTTPClient()

    init(_ host: Host, _ options: Options = Options()) throws {
        socket = options.socket ?? host.path("watchd.sock")
        let program = try builtProgram("watchd")
        let shim = try options.shim ?? builtProgram("watchd-step")
        let command =
            options.wrapper + [
                program, "--config", host.path("watchd.yaml"), "--state",
                options.state ?? host.path("state"), "--socket", socket, "--shim", shim,
            ]
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        var environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        environment["WATCHD_CRASH_AT"] = options.crashAt
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        process.terminationHandler = { [exit] process in exit.append(process.terminationStatus) }
        try process.run()
        try errors.fileHandleForWriting.close()
        let lines = lines
        Thread { Self.read(errors.fileHandleForReading, into: lines) }.start()
    }

    deinit {
        process.terminationHandler = nil
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        client.shutdown()
    }

    var pid: Int32 { process.processIdentifier }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Exit status, or the signal that killed it.
    func end() async throws -> Int32 { try #require(await exit.first { _ in true }) }

    /// Killed as by a power cut; returns when it is gone.
    func killed() async throws {
        signal(SIGKILL)
        #expect(try await end() == SIGKILL)
    }

    /// All it said, when it has ended.
    func complaints() async -> String {
        _ = await lines.first { _ in false }
        return lines.all.joined(separator: "\n")
    }

    private static func read(_ file: FileHandle, into lines: Happenings<String>) {
        var rest = ""
        while true {
            let data = file.availableData
            guard !data.isEmpty else { break }
            rest += String(decoding: data, as: UTF8.self)
            var parts = rest.split(separator: "\n", omittingEmptySubsequences: false)
            rest = String(parts.removeLast())
            for part in parts { lines.append(String(part)) }
        }
        lines.finish()
    }

    // MARK: - The socket

    func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> [UInt8] {
        let headers = [HTTPHeader("X-Watchd", "1"), HTTPHeader("Content-Type", "application/json")]
        let request = HTTPRequest(
            method: method, url: "http://localhost" + path, headers: headers,
            body: body.map { Array($0.utf8) }, unixSocket: socket)
        while true {
            switch await client.send(request) {
            case .success(let response):
                try #require(
                    response.status < 300, "\(String(decoding: response.body, as: UTF8.self))")
                return response.body
            case .failure(let failure):
                // It does not listen yet, or not any more.
                try #require(process.isRunning, "\(failure): \(lines.all)")
                try Task.checkCancellation()
                await onThread { _ = poll(nil, 0, 20) }
            }
        }
    }

    func get<T: Decodable>(_ type: T.Type, _ path: String) async throws -> T {
        try WireJSON.decode(type, from: try await send("GET", path))
    }

    func status() async throws -> StatusReport { try await get(StatusReport.self, "/v1/status") }

    func arm() async throws { _ = try await send("POST", "/v1/arm", #"{"reason":"a test"}"#) }

    /// The first event of that kind in the whole journal, or the next one; nil: the daemon ended.
    func event(_ kind: String, count: Int = 1) async throws -> EventRecord? {
        _ = try await send("GET", "/v1/status")
        let search = Mutex((rest: [UInt8](), found: EventRecord?.none, left: count))
        let request = HTTPRequest(
            url: "http://localhost/v1/events?after=0",
            headers: [HTTPHeader("Accept", "text/event-stream")], timeout: nil, unixSocket: socket)
        let reply = await client.stream(request) { bytes in
            search.withLock { search in
                search.rest += bytes
                while let end = search.rest.firstIndex(of: 10) {
                    let line = search.rest[..<end]
                    search.rest = Array(search.rest[(end + 1)...])
                    guard line.starts(with: Array("data: ".utf8)),
                        let event = try? WireJSON.decode(
                            EventRecord.self, from: Array(line.dropFirst(6))), event.kind == kind
                    else { continue }
                    search.left -= 1
                    if search.left == 0 {
                        search.found = event
                        return false
                    }
                }
                return true
            }
        }
        if case .success(let response) = reply { #expect(response.status == 200) }
        return search.withLock { $0.found }
    }
}

/// The path of a program that was built beside the tests.
func builtProgram(_ name: String) throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
}
