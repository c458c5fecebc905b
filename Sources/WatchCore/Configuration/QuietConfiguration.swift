// When watchd is to keep quiet, and how it finds out that the fault is its own host's.

/// A time in which a service is worked on: nothing is rolled back and nobody is paged for what its
/// triggers say; all is recorded.
public struct MaintenanceWindow: Hashable, Sendable, Codable {
    public var name: String
    /// Empty: every service.
    public var services: [String]
    public var time: TimeWindow
    public var reason: String

    public init(name: String, services: [String] = [], time: TimeWindow, reason: String = "") {
        self.name = name
        self.services = services
        self.time = time
        self.reason = reason
    }
}

/// Pages that nobody wants for a while. What is done and what is seen stays the same.
public struct SilenceRule: Hashable, Sendable, Codable {
    public var name: String
    /// Which pages; each empty list stands for all.
    public var services: [String]
    public var triggers: [String]
    public var severities: [Severity]
    public var time: TimeWindow
    public var reason: String

    public init(
        name: String, services: [String] = [], triggers: [String] = [],
        severities: [Severity] = [], time: TimeWindow, reason: String
    ) {
        self.name = name
        self.services = services
        self.triggers = triggers
        self.severities = severities
        self.time = time
        self.reason = reason
    }
}

/// Something that is reachable from here whenever this host's network works.
public struct ConnectivityTarget: Hashable, Sendable, Codable {
    public enum Kind: Hashable, Sendable, Codable {
        /// A connection is opened and closed.
        case tcp(host: String, port: Int)
        /// Any answer counts.
        case http(url: String)
    }

    /// As it is written.
    public var source: String
    public var kind: Kind

    public init(source: String, kind: Kind) {
        self.source = source
        self.kind = kind
    }
}
