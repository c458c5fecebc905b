// What the engine must remember of an offered rollback besides what people see. Durable: the plan
// is stored with the offer, so that what was shown is what runs.

struct PendingApproval: Hashable, Sendable, Codable {
    var plan: Plan
    var to: ReleaseIdentity
    /// The release that ran when it was offered; the approval is void when it no longer does.
    var running: ReleaseIdentity
    /// The release the incident is about: what a rollback is *from*. After a rollback that landed
    /// and did not help it is not the running one.
    var blamed: ReleaseIdentity
    /// The trigger it was decided for; nil: a person asked.
    var trigger: String?
    /// Nobody answered by then.
    var deadline: Moment?
    var within: Duration?
    var onTimeout: OnTimeout
    /// Each method needs an approval of its own, because what runs unattended has been tried or
    /// does not exist.
    var isPerMethod: Bool
    /// Methods that had their turn.
    var tried: [String] = []
    /// Where two people are needed: who has approved so far.
    var given: [GivenApproval]?
    /// Who asked for it in spite of gates; nil: they bind.
    var forcedBy: String?
    /// The target was bad already when somebody asked for it in spite of that; nil: no.
    var isTargetBad: Bool?

    /// What is offered.
    var methods: [Method] {
        plan.methods.filter { $0.isUnattended != isPerMethod && !tried.contains($0.name) }
    }

    /// Whether the target, as it stands now (nil: it was never seen), still is what was offered.
    func mayGo(to standing: Standing?) -> Bool {
        switch standing {
        case .good: true
        // What a rollback by hand went to is the target of the methods that are left, too.
        case .baking: isPerMethod
        case .bad: isTargetBad ?? false
        case nil: isPerMethod && trigger == nil
        }
    }
}

/// `hold ID --for 5m`: the action waits, once.
struct Hold: Hashable, Sendable, Codable {
    var until: Moment
    var by: String
    var text: String
    /// The time is over; a second hold is refused all the same.
    var isOver = false
}
