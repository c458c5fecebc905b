// How it stands with the rehearsals of a plan, as others see it.

public struct DrillStatus: Hashable, Sendable, Codable {
    public var plan: String
    /// Where it is drilled.
    public var service: String
    /// Seconds; nil: nobody asks.
    public var every: Double?
    /// The last that passed is older than that, or none ever did.
    public var overdue: Bool
    /// One sentence.
    public var text: String
    /// Seconds since the last that passed; nil: none ever did.
    public var age: Double?
    public var last: DrillRecord?
    /// The last that passed.
    public var passed: DrillRecord?

    public init(
        plan: String, service: String, every: Double?, overdue: Bool, text: String, age: Double?,
        last: DrillRecord?, passed: DrillRecord?
    ) {
        self.plan = plan
        self.service = service
        self.every = every
        self.overdue = overdue
        self.text = text
        self.age = age
        self.last = last
        self.passed = passed
    }
}

extension Engine {
    /// Of each plan that says where it is drilled.
    func drillStatus(at now: Moment) -> [DrillStatus] {
        configuration.plans.compactMap { plan in
            guard let drill = plan.drill else { return nil }
            let known = host.drills(of: plan.name)
            let standing = DrillStanding(plan, known, now: now.wall)
            let age = (known?.passed?.ended).map { Swift.max(.zero, now.wall - $0) }
            return DrillStatus(
                plan: plan.name, service: drill.service, every: drill.every?.seconds,
                overdue: standing.isOverdue, text: standing.text, age: age?.seconds,
                last: known?.last, passed: known?.passed)
        }
    }
}
