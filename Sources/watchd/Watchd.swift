// The daemon's command line.

import ArgumentParser
import Glibc
import Logging
import WatchDaemon
import WatchSystem

@main
struct Watchd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watchd",
        abstract: "Guards released services: watches, decides, rolls back, proves that it helped.",
        version: Daemon.version)

    @Option(help: "Main configuration file; conf.d/*.yaml beside it is read too.")
    var config = "/etc/watchd/watchd.yaml"

    @Option(help: "State directory. Default: $STATE_DIRECTORY, else /var/lib/watchd.")
    var state: String?

    @Option(help: "Control socket. Default: $RUNTIME_DIRECTORY/watchd.sock, else /run/watchd/.")
    var socket: String?

    @Option(help: "Path of watchd-step. Default: beside this program, else /usr/lib/watchd.")
    var shim: String?

    @Option(help: "Where the helper of unit steps logs.")
    var unitLogs = "/run/watchd-rollback"

    @Option(help: "debug, info, notice, warning or error.")
    var logLevel = "info"

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("--log-level is debug, info, notice, warning or error")
        }
        LoggingSystem.bootstrap { label in
            JournalLogHandler.isConnected
                ? JournalLogHandler(level: level) : Self.stderr(label, level)
        }
        // Steps run elsewhere, and in messages a path should say where it is. The socket's is kept
        // as it was given: it may be 107 bytes long, and no longer.
        let options = DaemonOptions(
            configuration: Self.absolute(config),
            state: Self.absolute(state ?? Self.directory("STATE_DIRECTORY", "/var/lib/watchd")),
            socket: socket ?? Self.directory("RUNTIME_DIRECTORY", "/run/watchd") + "/watchd.sock",
            shim: Self.absolute(shim ?? Self.besideUs("watchd-step")),
            unitLogs: Self.absolute(unitLogs))
        do {
            try await Daemon(options: options, logger: Logger(label: "watchd")).run()
        } catch let error as DaemonError {
            StandardError.write("watchd: cannot start\n\(error)\n")
            // EX_CONFIG of sysexits.h, which systemd shows by name. `_exit`, because threads that
            // were started before the failure may still be inside their libraries.
            _exit(78)
        }
    }

    private static func stderr(_ label: String, _ level: Logger.Level) -> any LogHandler {
        var handler = StreamLogHandler.standardError(label: label)
        handler.logLevel = level
        return handler
    }

    /// As it is where there is no working directory any more; then opening it says so.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return String(cString: current) + "/" + path
    }

    /// systemd passes directories in variables, several of them separated by colons.
    private static func directory(_ variable: String, _ fallback: String) -> String {
        guard let value = getenv(variable) else { return fallback }
        let first = String(cString: value).split(separator: ":").first.map(String.init)
        return first ?? fallback
    }

    private static func besideUs(_ name: String) -> String {
        let installed = "/usr/lib/watchd/\(name)"
        guard let own = Executable.path, let slash = own.lastIndex(of: "/") else {
            return installed
        }
        let path = own[...slash] + name
        return access(String(path), X_OK) == 0 ? String(path) : installed
    }
}
