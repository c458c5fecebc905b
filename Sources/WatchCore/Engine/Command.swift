// What people and pipelines can ask for through the socket.

/// Who asked: the peer of the Unix socket, as the kernel tells it.
public struct Peer: Hashable, Sendable, Codable {
    public var uid: UInt32
    /// The user's name, or the number when it has none.
    public var name: String
    /// May act in general (`access.operate`); root always does.
    public var operates: Bool
    /// Roles it has by its groups (`access.approve`).
    public var roles: Set<String>

    public init(uid: UInt32, name: String, operates: Bool = false, roles: Set<String> = []) {
        self.uid = uid
        self.name = name
        self.operates = operates || uid == 0
        self.roles = roles
    }

    /// What people call whoever has this account. One without a name is known by its number, and
    /// "approved by nobody" would say the contrary of what happened.
    public static func name(_ account: String, uid: UInt32) -> String {
        switch account {
        case "\(uid)": "uid \(uid)"
        case "nobody": "uid \(uid) (nobody)"
        default: account
        }
    }

    /// `alice (uid 1001)`, for the record.
    public var onRecord: String {
        name.hasPrefix("uid \(uid)") ? name : "\(name) (uid \(uid))"
    }
}

public enum Command: Hashable, Sendable {
    case announce(service: String, release: ReleaseIdentity, fields: [String: String])
    case acknowledge(incident: String, comment: String)
    case resolve(incident: String, comment: String)
    case falseAlarm(incident: String, comment: String)
    /// `method` nil: what may run unattended, in the plan's order.
    case approve(incident: String, method: String?, comment: String)
    case deny(incident: String, comment: String)
    /// Delays the action, once.
    case hold(incident: String, for: Duration, comment: String)
    case declare(service: String, severity: Severity, reason: String)
    /// `to` nil: the last known good. `force` passes blocked gates, and is recorded.
    case rollback(service: String, to: String?, reason: String, dryRun: Bool, force: Bool)
    /// The same at a time to come.
    case schedule(ScheduleRequest)
    /// A rehearsal of a plan on the service that it names for that.
    case drill(DrillRequest)
    case abort(rollback: String, reason: String)
    /// The step that somebody was told to do is done, or cannot be done. `step` as the message
    /// named it (`m0s1t1`); nil: the one that is waited for, unless another was answered just now.
    case stepDone(rollback: String, succeeded: Bool, comment: String, step: String? = nil)
    /// `service` nil: the whole host.
    case arm(service: String?, reason: String)
    case disarm(service: String?, for: Duration?, reason: String)
    /// A deployment or migration that runs under guard.
    case beginOperation(OperationRequest)
    /// `status`: its exit status, 128 and the signal where one ended it; nil: nobody said.
    case endOperation(service: String, operation: String, status: Int?)
    /// Whoever runs it still does.
    case beatOperation(service: String, operation: String)
    case reachPhase(service: String, operation: String, phase: String)
    case mark(service: String, version: String, Standing, reason: String)
    case silence(QuietRequest)
    case endSilence(id: String)
    case maintain(QuietRequest)
    /// `service` nil: that of the whole host.
    case endMaintenance(service: String?)
}

/// A rollback that is to begin at a time, decided anew then.
public struct ScheduleRequest: Hashable, Sendable {
    public var service: String
    public var at: WallTime
    public var to: String?
    public var reason: String
    public var isDryRun: Bool
    public var isForced: Bool

    public init(
        service: String, at: WallTime, to: String? = nil, reason: String = "",
        isDryRun: Bool = false, isForced: Bool = false
    ) {
        self.service = service
        self.at = at
        self.to = to
        self.reason = reason
        self.isDryRun = isDryRun
        self.isForced = isForced
    }
}

/// A deployment or a migration that begins.
public struct OperationRequest: Hashable, Sendable {
    public var service: String
    public var operation: String
    /// How long it ought to take; nil: nobody knows, so that `overrun` of it is unknown.
    public var estimate: Duration?
    /// Whoever runs it reports at least so often that it still runs, and how it ended: a bad end,
    /// twice the estimate and silence are incidents. nil: nobody does, and only rules judge it.
    public var lease: Duration?
    /// The release it brings, which is announced with it.
    public var release: ReleaseIdentity?
    /// false: only `Engine.recorded` announces the release, when the operation is durable.
    public var announces = true

    public init(
        service: String, operation: String, estimate: Duration? = nil, lease: Duration? = nil,
        release: ReleaseIdentity? = nil
    ) {
        self.service = service
        self.operation = operation
        self.estimate = estimate
        self.lease = lease
        self.release = release
    }
}

/// The engine's answer to a command.
public struct CommandReply: Hashable, Sendable, Codable {
    public enum Status: String, Hashable, Sendable, Codable {
        case done
        /// Understood and not done; `reason` is a stable code.
        case refused
        /// No such service, incident, release or rollback.
        case notFound = "not-found"
    }

    public var status: Status
    /// A stable code (`no-known-good`, `busy`, …) when refused, or when a dry run found that it
    /// would be.
    public var reason: String?
    /// One sentence for a person.
    public var message: String
    /// The incident it is about, where there is one.
    public var incident: String?
    public var rollback: String?
    /// What a dry run would do, a line each.
    public var plan: [String]?
    /// What a dry run still waits for; whoever asks again is told more. nil: this is all.
    public var pending: String?

    public init(
        status: Status, reason: String? = nil, message: String, incident: String? = nil,
        rollback: String? = nil, plan: [String]? = nil
    ) {
        self.status = status
        self.reason = reason
        self.message = message
        self.incident = incident
        self.rollback = rollback
        self.plan = plan
    }
}
