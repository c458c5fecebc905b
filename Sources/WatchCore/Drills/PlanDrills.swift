// What is known of the drills of a plan. Part of the host's durable state: a plan has no other
// home, and its drill target may change.

struct PlanDrills: Hashable, Sendable, Codable {
    /// What people were told of an overdue drill, so that it is taken back in the same places.
    struct Told: Hashable, Sendable, Codable {
        var channels: [String]
        /// Where the plan was to be drilled; nil in what was told before that was kept.
        var service: String?
    }

    var plan: String
    /// Since when a drill is asked for: one that was never drilled is overdue from here.
    var since: WallTime?
    var last: DrillRecord?
    /// The last that passed.
    var passed: DrillRecord?
    /// nil: nothing, or it was taken back.
    var told: Told?

    /// Plans of which drills are remembered.
    static let limit = 200

    init(plan: String) { self.plan = plan }

    mutating func note(_ record: DrillRecord) {
        last = record
        if record.outcome == .passed { passed = record }
    }
}

extension HostState {
    func drills(of plan: String) -> PlanDrills? { drills?.first { $0.plan == plan } }

    mutating func updateDrills(of plan: String, _ change: (inout PlanDrills) -> Void) {
        var known = drills(of: plan) ?? PlanDrills(plan: plan)
        change(&known)
        drills = ((drills ?? []).filter { $0.plan != plan } + [known]).suffix(PlanDrills.limit)
    }
}

/// How it stands with the drills of a plan.
struct DrillStanding: Hashable, Sendable {
    /// Older than `drill_every`, or there was none that passed.
    var isOverdue: Bool
    /// Overdue for so long that people are told: a new plan has as long for its first drill as for
    /// any other.
    var isWorthTelling: Bool
    /// One sentence.
    var text: String

    init(_ plan: Plan, _ drills: PlanDrills?, now: WallTime) {
        var text = "never drilled"
        if let last = drills?.last, let ended = last.ended {
            text = "last drill \(Self.age(now - ended)) ago, \(last.summary)"
            if last.outcome != .passed {
                let passed = drills?.passed?.ended
                text +=
                    passed.map { "; the last that passed \(Self.age(now - $0)) ago" }
                    ?? "; none ever passed"
            }
        }
        guard let every = plan.drill?.every else {
            isOverdue = false
            isWorthTelling = false
            self.text = text
            return
        }
        let passed = drills?.passed?.ended
        isOverdue = passed.map { now - $0 > every } ?? true
        let from = passed ?? drills?.since ?? now
        isWorthTelling = isOverdue && now - from > every
        self.text = isOverdue ? "\(text); a drill is due every \(every.text)" : text
    }

    /// Nobody wants to know the seconds of days.
    private static func age(_ age: Duration) -> String {
        let grain: Duration =
            age >= .days(1) ? .days(1) : age >= .hours(1) ? .hours(1) : .minutes(1)
        guard age >= grain else { return "less than \(grain.text)" }
        return (grain * Int(age.nanoseconds / grain.nanoseconds)).text
    }
}
