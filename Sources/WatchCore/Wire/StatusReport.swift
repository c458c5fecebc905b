// What `GET /v1/status` and `/v1/services/{s}` answer, and `watchctl status --json` prints.

public enum VerdictName: String, Hashable, Sendable, Codable {
    case healthy, breached, insufficient, blind
}

public struct StatusReport: Hashable, Sendable, Codable {
    public struct Daemon: Hashable, Sendable, Codable {
        public var version: String
        public var pid: Int32
        public var started: WallTime
        public var configuration: String
        public var stateDirectory: String

        public init(
            version: String, pid: Int32, started: WallTime, configuration: String,
            stateDirectory: String
        ) {
            self.version = version
            self.pid = pid
            self.started = started
            self.configuration = configuration
            self.stateDirectory = stateDirectory
        }
    }

    public var time: WallTime
    public var daemon: Daemon
    public var armed: ArmStatus
    /// Why the store takes nothing at the moment; nil: it does.
    public var storeProblem: String?
    public var services: [ServiceStatus]
    /// Silences and maintenance, on or to come.
    public var quiet: [QuietStatus]?
    /// Why this host's own network is to blame, while it is.
    public var ownNetwork: String?
    /// How it stands with the drills of each plan that has any.
    public var drills: [DrillStatus]?
    /// The disk of the state directory.
    public var storage: StorageStatus?

    public init(
        time: WallTime, daemon: Daemon, armed: ArmStatus, storeProblem: String?,
        services: [ServiceStatus]
    ) {
        self.time = time
        self.daemon = daemon
        self.armed = armed
        self.storeProblem = storeProblem
        self.services = services
    }
}

public struct ArmStatus: Hashable, Sendable, Codable {
    public var armed: Bool
    /// Who switched it last, and why.
    public var by: String
    public var reason: String
    public var since: WallTime?
    /// When a `disarm --for` ends.
    public var until: WallTime?

    public init(
        armed: Bool, by: String, reason: String, since: WallTime? = nil, until: WallTime? = nil
    ) {
        self.armed = armed
        self.by = by
        self.reason = reason
        self.since = since
        self.until = until
    }
}

public struct ServiceStatus: Hashable, Sendable, Codable {
    public struct ReleaseStatus: Hashable, Sendable, Codable {
        public var version: String
        public var commit: String?
        public var standing: Standing
        public var since: WallTime
        /// Evidence gathered and needed, while baking; seconds.
        public var baked: Double
        public var bake: Double
        /// How it became known: `announced by deploy`, `read from symlink:…`.
        public var origin: String

        public init(
            version: String, commit: String?, standing: Standing, since: WallTime, baked: Double,
            bake: Double, origin: String
        ) {
            self.version = version
            self.commit = commit
            self.standing = standing
            self.since = since
            self.baked = baked
            self.bake = bake
            self.origin = origin
        }
    }

    public struct SourceStatus: Hashable, Sendable, Codable {
        public var label: String
        /// The version it last read.
        public var version: String?
        /// Why it does not answer.
        public var problem: String?

        public init(label: String, version: String?, problem: String?) {
            self.label = label
            self.version = version
            self.problem = problem
        }
    }

    public enum SignalState: String, Hashable, Sendable, Codable {
        case passing, failing, blind
        /// Nothing heard yet.
        case waiting
    }

    public struct SignalStatus: Hashable, Sendable, Codable {
        public enum Kind: String, Hashable, Sendable, Codable { case probe, stream }

        public var name: String
        public var kind: Kind
        public var state: SignalState
        /// Width of the window the figures are of; seconds.
        public var window: Double
        public var count: Int
        /// 0…1; nil with no samples.
        public var errorRate: Double?
        /// Seconds.
        public var p50: Double?
        public var p95: Double?
        /// The last failure, why it is blind, or what else people should know of it.
        public var note: String?

        public init(
            name: String, kind: Kind, state: SignalState, window: Double, count: Int,
            errorRate: Double?, p50: Double?, p95: Double?, note: String?
        ) {
            self.name = name
            self.kind = kind
            self.state = state
            self.window = window
            self.count = count
            self.errorRate = errorRate
            self.p50 = p50
            self.p95 = p95
            self.note = note
        }
    }

    public struct TriggerStatus: Hashable, Sendable, Codable {
        public var name: String
        public var when: String
        public var severity: Severity
        public var mode: TriggerConfiguration.Mode
        public var verdict: VerdictName
        public var since: WallTime
        /// Why it is insufficient or blind.
        public var note: String?
        public var readings: [String: Reading]

        public init(
            name: String, when: String, severity: Severity, mode: TriggerConfiguration.Mode,
            verdict: VerdictName, since: WallTime, note: String?, readings: [String: Reading]
        ) {
            self.name = name
            self.when = when
            self.severity = severity
            self.mode = mode
            self.verdict = verdict
            self.since = since
            self.note = note
            self.readings = readings
        }
    }

    /// Whether watchd would roll back by itself if an `auto` trigger of the gravest kind fired now.
    public struct Readiness: Hashable, Sendable, Codable {
        public var ready: Bool
        /// The first condition that forbids it, as a stable code.
        public var reason: String?
        public var text: String
        public var target: String?
        /// What does not forbid it today and should be mended all the same.
        public var problem: String?
        /// Whether each plan would work if somebody asked for it now, its gates included.
        public var plans: [PlanReadiness]?

        public init(
            ready: Bool, reason: String?, text: String, target: String?, problem: String? = nil
        ) {
            self.ready = ready
            self.reason = reason
            self.text = text
            self.target = target
            self.problem = problem
        }
    }

    /// Whether a plan would work if a person, or a rule, asked for it now.
    public struct PlanReadiness: Hashable, Sendable, Codable {
        public var plan: String
        public var works: Bool
        /// A stable code, when it would not.
        public var reason: String?
        public var text: String
        public var target: String?
        /// When its gates were asked last about these releases.
        public var asked: WallTime?
        /// true: it has gates, and they were not asked yet, so that it works is only hoped for.
        public var unasked: Bool?

        public init(
            plan: String, works: Bool, reason: String?, text: String, target: String?,
            asked: WallTime? = nil
        ) {
            self.plan = plan
            self.works = works
            self.reason = reason
            self.text = text
            self.target = target
            self.asked = asked
        }
    }

    public var name: String
    /// The worst of its triggers.
    public var verdict: VerdictName
    public var armed: ArmStatus
    public var release: ReleaseStatus?
    /// Why no release is known, or that sources disagree (`version-disagreement`), or `mixed`.
    public var releaseNote: String?
    public var lastKnownGood: String?
    public var sources: [SourceStatus]
    public var signals: [SignalStatus]
    public var triggers: [TriggerStatus]
    /// What rules ask for and was never seen since watchd began to watch.
    public var notices: [String]? = nil
    public var incident: IncidentRecord?
    /// Of signals that cannot be measured, beside the one of the breaches.
    public var blindIncident: IncidentRecord?
    /// Pages that were kept back, ever.
    public var mutedPages: Int?
    public var readiness: Readiness
    /// A rollback that a person wants later.
    public var scheduled: ScheduledStatus?
    /// Guarded operations that run.
    public var operations: [OperationStatus]?

    public struct ScheduledStatus: Hashable, Sendable, Codable {
        public var id: String
        public var at: WallTime
        /// nil: to the last known good.
        public var to: String?
        public var from: String
        public var by: String
        public var reason: String

        public init(
            id: String, at: WallTime, to: String?, from: String, by: String, reason: String
        ) {
            self.id = id
            self.at = at
            self.to = to
            self.from = from
            self.by = by
            self.reason = reason
        }
    }

    public struct OperationStatus: Hashable, Sendable, Codable {
        public var name: String
        public var by: String
        public var began: WallTime
        /// Seconds.
        public var estimate: Double?
        public var phases: [String]
        public var release: String?

        public init(
            name: String, by: String, began: WallTime, estimate: Double?, phases: [String],
            release: String?
        ) {
            self.name = name
            self.by = by
            self.began = began
            self.estimate = estimate
            self.phases = phases
            self.release = release
        }
    }

    public init(
        name: String, verdict: VerdictName, armed: ArmStatus, release: ReleaseStatus?,
        releaseNote: String?, lastKnownGood: String?, sources: [SourceStatus],
        signals: [SignalStatus], triggers: [TriggerStatus], incident: IncidentRecord?,
        readiness: Readiness
    ) {
        self.name = name
        self.verdict = verdict
        self.armed = armed
        self.release = release
        self.releaseNote = releaseNote
        self.lastKnownGood = lastKnownGood
        self.sources = sources
        self.signals = signals
        self.triggers = triggers
        self.incident = incident
        self.readiness = readiness
    }
}

/// `GET /v1/releases`: a service's releases, the latest first.
public struct ReleaseList: Hashable, Sendable, Codable {
    public var service: String
    public var running: String?
    public var lastKnownGood: String?
    public var releases: [Release]

    public init(
        service: String, running: String?, lastKnownGood: String?, releases: [Release]
    ) {
        self.service = service
        self.running = running
        self.lastKnownGood = lastKnownGood
        self.releases = releases
    }
}
