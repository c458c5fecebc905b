// A real PostgreSQL of its own: a fresh cluster in a temporary directory, reached over a Unix
// socket and, where a password must count, over TCP of the loopback.

import Foundation
import Glibc

public final class PostgresServer: Sendable {
    /// Where the socket is; also a libpq `host`.
    public let directory: String
    public let port: Int
    /// The superuser's password, which TCP asks for.
    public static let password = "s3cr&t/word"

    /// - Throws: what initdb or pg_ctl said.
    public init() async throws {
        directory = "/tmp/watchd-pg-" + UUID().uuidString.prefix(13)
        port = try Int(unusedPort())
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try await run("/bin/chmod", ["777", directory], asServer: false)
        try Data(Self.password.utf8).write(to: URL(fileURLWithPath: directory + "/password"))
        try await run("/bin/chmod", ["644", directory + "/password"], asServer: false)
        let data = directory + "/data"
        try await run(
            Self.tool("initdb"),
            [
                "-D", data, "-U", "postgres", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
                "--auth-local=trust", "--auth-host=scram-sha-256",
                "--pwfile=\(directory)/password",
            ])
        try await run(
            Self.tool("pg_ctl"),
            [
                "-D", data, "-w", "-t", "120", "-l", directory + "/log", "-o",
                "-k \(directory) -p \(port) -c listen_addresses=127.0.0.1 -c fsync=off", "start",
            ])
    }

    deinit {
        let stop = ChildProcess()
        let command = Self.asServer(
            Self.tool("pg_ctl"), ["-D", directory + "/data", "-m", "immediate", "-w", "stop"])
        stop.executableURL = URL(fileURLWithPath: command.path)
        stop.arguments = command.arguments
        stop.standardOutput = FileHandle.nullDevice
        stop.standardError = FileHandle.nullDevice
        try? stop.run()
        stop.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Over the Unix socket, where nobody asks for a password.
    public func address(_ database: String = "postgres") -> String {
        "postgresql://postgres@/\(database)?host=\(directory)&port=\(port)"
    }

    /// Over TCP, with the password.
    public func secretAddress(_ database: String = "postgres") -> String {
        let password =
            Self.password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "postgresql://postgres:\(password)@127.0.0.1:\(port)/\(database)"
    }

    /// The rows of a query, unaligned.
    @discardableResult
    public func query(_ text: String, _ database: String = "postgres") async throws -> String {
        let result = try await runProgram(
            "/usr/bin/psql",
            [
                "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", address(database), "-c",
                text,
            ])
        guard result.status == 0 else { throw Problem(text: result.errors) }
        return result.output.trimmingCharacters(in: .newlines)
    }

    public struct Problem: Error, CustomStringConvertible {
        var text: String
        public var description: String { text }
    }

    /// PostgreSQL refuses to run as root.
    private static func asServer(
        _ path: String, _ arguments: [String]
    ) -> (path: String, arguments: [String]) {
        guard geteuid() == 0 else { return (path, arguments) }
        return ("/usr/sbin/runuser", ["-u", "postgres", "--", path] + arguments)
    }

    private func run(
        _ path: String, _ arguments: [String], asServer isServer: Bool = true
    ) async throws {
        let command = isServer ? Self.asServer(path, arguments) : (path, arguments)
        // What stays running must not hold what Foundation waits for the end of.
        let closing = """
            for n in /proc/$BASHPID/fd/*; do n=${n##*/}; ((n > 2)) && eval "exec $n>&-"; done
            exec "$@"
            """
        let result = try await runProgram(
            "/bin/bash", ["-c", closing, "bash", command.0] + command.1,
            directory: URL(fileURLWithPath: "/tmp"))
        guard result.status == 0 else {
            let log = (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? ""
            throw Problem(text: "\(path): \(result.output)\(result.errors)\(log)")
        }
    }

    /// Debian keeps them by version.
    private static func tool(_ name: String) -> String {
        let versions =
            (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.max { Double($0) ?? 0 < Double($1) ?? 0 } ?? "0"
        return "/usr/lib/postgresql/\(newest)/bin/\(name)"
    }
}
