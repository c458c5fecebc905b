// How it stands with the disk of the state directory. Without room there no intent can be stored,
// and so nothing is rolled back: whoever looks hears of it before it is too late.

public struct StorageStatus: Hashable, Sendable, Codable {
    /// Bytes that can still be written there; nil: it cannot be told.
    public var free: Int64?
    /// Whether 1 MB is held for intents and pages on a full disk.
    public var hasReserve: Bool
    /// Why the last checkpoint could not be written; nil: it was.
    public var checkpointProblem: String?
    /// Since when none could.
    public var checkpointsFailSince: WallTime?

    public init(free: Int64? = nil, hasReserve: Bool = true) {
        self.free = free
        self.hasReserve = hasReserve
    }

    /// Below so much it is time to make room.
    public static let low: Int64 = 64 << 20
    /// Less than any write needs.
    static let none: Int64 = 64 << 10

    public var isLow: Bool { free.map { $0 < Self.low } ?? false }
    /// The next intent would not be stored.
    public var isFull: Bool { !hasReserve && (free.map { $0 < Self.none } ?? false) }

    /// `12.3 GiB`
    public static func text(_ bytes: Int64) -> String { ByteCount.text(Double(bytes)) }

    /// What to do about a disk that fills up.
    public static func remedy(_ directory: String) -> String {
        "free some space on the disk of \(directory) (df -h \(directory); journalctl "
            + "--vacuum-size=200M; old releases and dumps), or give it a larger one"
    }

    /// What is not as it should be, a sentence each.
    public func warnings(_ directory: String) -> [String] {
        var warnings: [String] = []
        if let free, isLow {
            warnings.append(
                "only \(Self.text(free)) are free for \(directory); when it is full nothing can be "
                    + "recorded, and so nothing is rolled back: \(Self.remedy(directory))")
        }
        if !hasReserve {
            warnings.append(
                "the reserve of 1 MB for a full disk is not held; it is taken by itself as soon as "
                    + "3 MB are free for \(directory)")
        }
        if let problem = checkpointProblem, let since = checkpointsFailSince {
            warnings.append(
                "no checkpoint was written since \(since.text), so windows would begin empty after "
                    + "a restart: \(problem)")
        }
        return warnings
    }
}

extension StatusReport {
    /// Adds what the engine cannot know. Where the disk is full and nothing was to be stored since,
    /// the engine has not met it yet: an intent would be refused all the same.
    public mutating func note(_ storage: StorageStatus) {
        self.storage = storage
        guard storeProblem == nil, storage.isFull else { return }
        let problem =
            "no space is left in \(daemon.stateDirectory), the reserve included; "
            + StorageStatus.remedy(daemon.stateDirectory)
        storeProblem = problem
        let text = "what is done cannot be recorded: \(problem)"
        for place in services.indices {
            services[place].readiness.forbid(Reason.storeUnavailable.code, text)
        }
    }
}

extension ServiceStatus.Readiness {
    /// Of what would work otherwise.
    fileprivate mutating func forbid(_ code: String, _ text: String) {
        if ready {
            ready = false
            reason = code
            self.text = text
        }
        guard let before = plans else { return }
        plans = before.map { plan in
            guard plan.works else { return plan }
            var plan = plan
            plan.works = false
            plan.reason = code
            plan.text = text
            plan.unasked = nil
            return plan
        }
    }
}
