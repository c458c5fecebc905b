// Which release runs, since when, and what is thought of it.

/// What identifies a release. A missing commit equals any.
public struct ReleaseIdentity: Hashable, Sendable, Codable {
    public var version: String
    public var commit: String?

    public init(version: String, commit: String? = nil) {
        self.version = version
        self.commit = commit
    }

    /// Whether both may be the same release: equal versions, and commits equal where both say one.
    public func matches(_ other: ReleaseIdentity) -> Bool {
        guard version == other.version else { return false }
        guard let commit, let theirs = other.commit else { return true }
        return commit == theirs
    }

    /// The same release, with the commit that `other` knows where this one names none.
    func completed(by other: ReleaseIdentity) -> ReleaseIdentity {
        ReleaseIdentity(version: version, commit: commit ?? other.commit)
    }

    /// `1.9.0` or `1.9.0 (4f2c1d0)`.
    public var text: String { commit.map { "\(version) (\($0.prefix(9)))" } ?? version }
}

public enum Standing: String, Hashable, Sendable, Codable {
    case baking, good, bad
}

/// A release that was seen in production.
public struct Release: Hashable, Sendable {
    public var identity: ReleaseIdentity
    public var standing: Standing
    /// Evidence of health gathered so far, while baking.
    public var baked: Duration
    /// Who or what made it good or bad, and why.
    public var standingReason: String
    /// When it was last seen running.
    public var lastRan: Moment
    /// Fields captured by the sources (`deployment`, …), for templates.
    public var fields: [String: String]

    public init(
        identity: ReleaseIdentity, standing: Standing = .baking, baked: Duration = .zero,
        standingReason: String = "", lastRan: Moment, fields: [String: String] = [:]
    ) {
        self.identity = identity
        self.standing = standing
        self.baked = baked
        self.standingReason = standingReason
        self.lastRan = lastRan
        self.fields = fields
    }
}

/// One stay of a release in production.
public struct Deployment: Hashable, Sendable, Codable {
    public enum Origin: Hashable, Sendable {
        /// It ran when watchd first looked.
        case found
        /// Somebody said so through the socket.
        case announced(by: String)
        /// A version source read it.
        case read(source: String)
        /// watchd's own rollback put it there.
        case rollback(id: String)
    }

    /// Host-wide number, in the order in which they became known.
    public var number: Int
    public var release: ReleaseIdentity
    /// Its announcement, else the first of its agreeing reads.
    public var began: Moment
    /// When a source first read what had been announced; nil: it was read, or no source could.
    public var confirmed: Moment?
    public var origin: Origin
    /// A trigger of severity high or critical was already breached when it began.
    public var breachPredates: Bool
    /// It is a good release come back by other hands than ours.
    public var isReturnOfGood: Bool

    public init(
        number: Int, release: ReleaseIdentity, began: Moment, origin: Origin,
        breachPredates: Bool = false, isReturnOfGood: Bool = false
    ) {
        self.number = number
        self.release = release
        self.began = began
        self.origin = origin
        self.breachPredates = breachPredates
        self.isReturnOfGood = isReturnOfGood
    }
}
