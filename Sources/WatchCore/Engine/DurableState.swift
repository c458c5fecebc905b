// What must survive a crash or a reboot. The store keeps each part as one JSON document beside
// the boot id it was written under: instants in it belong to that boot.

public struct DurableState: Hashable, Sendable, Codable {
    /// Raised when older programs could not read what newer ones write.
    public static let format = 1

    public var host: HostState
    public var services: [String: ServiceState]

    public init(host: HostState = HostState(), services: [String: ServiceState] = [:]) {
        self.host = host
        self.services = services
    }
}

/// State of the whole host.
public struct HostState: Hashable, Sendable, Codable {
    public var arming: Arming
    /// Number of the next incident, deployment and message.
    public var nextNumber: Int
    /// nil: nothing was ever silenced.
    var quiet: QuietState?
    /// What is known of the drills of each plan; nil: there was none.
    var drills: [PlanDrills]?

    public init(arming: Arming = Arming(), nextNumber: Int = 1) {
        self.arming = arming
        self.nextNumber = nextNumber
    }
}

/// Whether automatic action is allowed. Installed disarmed.
public struct Arming: Hashable, Sendable, Codable {
    public var isArmed: Bool
    public var by: String
    public var reason: String
    public var since: Moment?
    /// A `disarm --for` ends then.
    public var until: Moment?

    public init(
        isArmed: Bool = false, by: String = "installation",
        reason: String = "never armed",
        since: Moment? = nil, until: Moment? = nil
    ) {
        self.isArmed = isArmed
        self.by = by
        self.reason = reason
        self.since = since
        self.until = until
    }
}
