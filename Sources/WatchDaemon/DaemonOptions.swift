// Where the daemon finds and keeps things.

public struct DaemonOptions: Sendable {
    /// The main configuration file; `conf.d/*.yaml` beside it belongs to it.
    public var configuration: String
    /// State database, checkpoints and the records of steps.
    public var state: String
    /// The control socket.
    public var socket: String
    /// Path of watchd-step.
    public var shim: String
    /// Where the helper of unit steps logs begin and end.
    public var unitLogs: String

    public init(
        configuration: String, state: String, socket: String, shim: String,
        unitLogs: String = "/run/watchd-rollback"
    ) {
        self.configuration = configuration
        self.state = state
        self.socket = socket
        self.shim = shim
        self.unitLogs = unitLogs
    }
}

/// Why the daemon does not start; the text is for a person, and may be several lines.
public enum DaemonError: Error, Sendable, CustomStringConvertible {
    /// Diagnostics of the configuration, a line or more each.
    case configuration([String])
    case state(String)
    case socket(String)
    /// A program of ours that steps need.
    case program(String)

    public var description: String {
        switch self {
        case .configuration(let diagnostics): diagnostics.joined(separator: "\n")
        case .state(let why), .socket(let why), .program(let why): why
        }
    }
}
