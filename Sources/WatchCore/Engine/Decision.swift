// What is to be done about a breach, and why. Pure data; `ServiceEngine+Decision` makes it.

/// A stable reason code. `watchctl` prints them, documentation explains them.
enum Reason: Hashable, Sendable {
    case disarmed, maintenance, vetoed, blind
    case releaseUnknown, noReleaseSuspect, breachPredatesRelease, sameRelease
    case noKnownGood, targetQuarantined, targetStale
    case cooldown, limitReached, commonCause, busy
    case gateBlocked(String), gateConsult(String)
    /// Each method of the plan needs an approval.
    case awaitingApproval
    /// Somebody delayed it.
    case held
    case releaseChanged, storeUnavailable, shadow
    /// Not the release: the rollback landed and did not help.
    case notTheRelease
    case probation
    /// Nothing is decided: people have the incident, or had it.
    case handedOver
    case noPlan
    /// A step needs a field that was never captured of a release.
    case valueMissing(String)
    /// Nothing forbids it.
    case trigger(String)

    var code: String {
        switch self {
        case .disarmed: "disarmed"
        case .maintenance: "maintenance"
        case .vetoed: "vetoed"
        case .blind: "blind"
        case .releaseUnknown: "release-unknown"
        case .noReleaseSuspect: "no-release-suspect"
        case .breachPredatesRelease: "breach-predates-release"
        case .sameRelease: "same-release"
        case .noKnownGood: "no-known-good"
        case .targetQuarantined: "target-quarantined"
        case .targetStale: "target-stale"
        case .cooldown: "cooldown"
        case .limitReached: "limit-reached"
        case .commonCause: "common-cause"
        case .busy: "busy"
        case .gateBlocked(let gate): "gate-blocked:\(gate)"
        case .gateConsult(let gate): "gate-consult:\(gate)"
        case .awaitingApproval: "awaiting-approval"
        case .held: "held"
        case .releaseChanged: "release-changed"
        case .storeUnavailable: "store-unavailable"
        case .shadow: "shadow"
        case .notTheRelease: "not-the-release"
        case .probation: "probation"
        case .handedOver: "handed-over"
        case .noPlan: "no-plan"
        case .valueMissing(let field): "value-missing:\(field)"
        case .trigger(let name):
            OperationBreach(name: name) == nil ? "trigger:\(name)" : name
        }
    }
}

/// Why watchd does not act, in a code and in a sentence with its remedy.
struct Refusal: Hashable, Sendable {
    var reason: Reason
    var text: String

    init(_ reason: Reason, _ text: String) {
        self.reason = reason
        self.text = text
    }
}

enum Decision: Hashable, Sendable {
    /// Roll back to `target` with `plan`.
    case rollback(plan: Plan, target: Release)
    /// Tell people; a rollback is offered where there is something to go back to.
    case page(Refusal?)
    /// Nothing forbids it, but each method of the plan needs an approval.
    case hold(Refusal)
    case record(Refusal?)

    var name: String {
        switch self {
        case .rollback: "rollback"
        case .page: "page"
        case .hold: "hold"
        case .record: "record"
        }
    }

    /// Why watchd does not roll back by itself.
    var refusal: Refusal? {
        switch self {
        case .rollback: nil
        case .page(let refusal), .record(let refusal): refusal
        case .hold(let refusal): refusal
        }
    }
}
