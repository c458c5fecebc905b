// One guarded service: what is looked at, and what counts as bad.

public struct ServiceConfiguration: Hashable, Sendable, Codable {
    public var name: String
    /// Asked in order; the first that answers counts. An announcement is always possible.
    public var version: [VersionSource]
    /// So many equal reads make a change of version.
    public var agree: Int
    /// So much evidence of health makes a release good.
    public var bake: Duration
    /// So long after its deployment may a release be blamed automatically.
    public var suspectFor: Duration
    /// An LKG that last ran longer ago is only offered.
    public var targetWithin: Duration
    public var judgement: Judgement
    public var probes: [ProbeConfiguration]
    public var streams: [StreamConfiguration]
    public var triggers: [TriggerConfiguration]
    /// The plan of triggers that name none of their own.
    public var plan: String?
    /// Services whose incidents explain this one's.
    public var dependsOn: [String]
    /// Share of good events that is promised, 0…1; for `burn_rate`.
    public var slo: Double?
    /// So much healthy time of the last known good release makes its baseline.
    public var baselineWindow = Duration.hours(1)
    /// What a blind signal does besides forbidding action.
    public var noData = NoData.page
    /// What operations that go wrong bring.
    public var operations = OperationRules()
    /// Bodies and lines go into messages, too.
    public var sharesEvidence = false
    /// Asked when an incident opens and before a rollback; their names are all different.
    public var assess: [Assess] = []
    /// PCRE2; what they match is taken out of what others said before it is stored.
    public var redact: [String] = []
    /// What tells it from other services in a plan, as `${vars.NAME}`; each valid for `Identifier`.
    /// nil: nothing.
    public var vars: [String: String]?
    /// Patterns of one service: each is looked for in every sample line.
    public static let redactLimit = 32

    public init(
        name: String, version: [VersionSource] = [], agree: Int = 2, bake: Duration = .minutes(30),
        suspectFor: Duration = .hours(2), targetWithin: Duration = .days(7),
        judgement: Judgement = Judgement(), probes: [ProbeConfiguration] = [],
        streams: [StreamConfiguration] = [], triggers: [TriggerConfiguration] = [],
        plan: String? = nil, dependsOn: [String] = []
    ) {
        self.name = name
        self.version = version
        self.agree = agree
        self.bake = bake
        self.suspectFor = suspectFor
        self.targetWithin = targetWithin
        self.judgement = judgement
        self.probes = probes
        self.streams = streams
        self.triggers = triggers
        self.plan = plan
        self.dependsOn = dependsOn
    }

    public func probe(_ name: String) -> ProbeConfiguration? { probes.first { $0.name == name } }
    public func stream(_ name: String) -> StreamConfiguration? {
        streams.first { $0.name == name }
    }
}

/// How a guarded operation that goes wrong is judged, as a trigger would be.
public struct OperationRules: Hashable, Sendable, Codable {
    public var severity: Severity
    public var mode: TriggerConfiguration.Mode
    /// Its own plan, instead of the service's.
    public var plan: String?
    /// Its own route, instead of the policy's.
    public var page: String?

    public init(
        severity: Severity = .high, mode: TriggerConfiguration.Mode = .page, plan: String? = nil,
        page: String? = nil
    ) {
        self.severity = severity
        self.mode = mode
        self.plan = plan
        self.page = page
    }
}

/// What follows when a signal has been blind for a while.
public enum NoData: String, Hashable, Sendable, Codable, CaseIterable {
    case page, record
}

/// How much a window must hold before it may answer, and how a breach ends. Per service, and per
/// trigger where it says so itself.
public struct Judgement: Hashable, Sendable, Codable {
    /// A window answers only when it covers so much time since its restart (or its whole width).
    public var warmUp: Duration
    /// A breach clears when its expression was false for so long.
    public var clearFor: Duration
    /// Ratios, percentiles, mean and max need so many samples, of a stream and of a probe.
    public var minSamplesOfStream: Int
    public var minSamplesOfProbe: Int
    /// A ratio is compared by its one-sided Wilson bound at this level, 0…1; nil: as it is.
    public var confidence: Double? {
        didSet { z = confidence.map(NormalDistribution.quantile) }
    }
    /// The normal quantile of `confidence`: computed once, asked for all the time.
    private(set) var z: Double?

    public init(
        warmUp: Duration = .minutes(2), clearFor: Duration = .minutes(1),
        minSamplesOfStream: Int = 20, minSamplesOfProbe: Int = 3
    ) {
        self.warmUp = warmUp
        self.clearFor = clearFor
        self.minSamplesOfStream = minSamplesOfStream
        self.minSamplesOfProbe = minSamplesOfProbe
    }
}

public struct TriggerConfiguration: Hashable, Sendable, Codable {
    public enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
        case shadow, page, auto, veto
    }

    public var name: String
    public var when: Expression
    public var severity: Severity
    public var mode: Mode
    /// Its own plan, instead of the service's.
    public var plan: String?
    public var suspectFor: Duration?
    /// The service's judgement with this trigger's own values in it.
    public var judgement: Judgement
    /// `for`: it must also have been true in at least 90 % of the seconds of so long.
    public var sustainedFor: Duration?
    /// Its own route, instead of the policy's.
    public var page: String?
    /// Its own, instead of the policy's.
    public var approveWithin: Duration?
    public var onTimeout: OnTimeout?

    /// Whether it speaks of a release's health: severity high or critical, shadow aside.
    var isGrave: Bool { severity >= .high && mode != .shadow }

    public init(
        name: String, when: Expression, severity: Severity, mode: Mode = .page,
        plan: String? = nil, suspectFor: Duration? = nil, judgement: Judgement = Judgement()
    ) {
        self.name = name
        self.when = when
        self.severity = severity
        self.mode = mode
        self.plan = plan
        self.suspectFor = suspectFor
        self.judgement = judgement
    }
}
