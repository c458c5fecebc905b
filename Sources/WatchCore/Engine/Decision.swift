// What is to be done about a breach, and why. Pure data; `ServiceEngine+Decision` makes it.

/// A stable reason code. `watchctl` prints them, documentation explains them.
enum Reason: Hashable, Sendable {
    case disarmed, maintenance, vetoed, blind
    case releaseUnknown, noReleaseSuspect, breachPredatesRelease, sameRelease
    case noKnownGood, targetQuarantined, targetStale
    case cooldown, limitReached, commonCause, busy
    case gateBlocked(String), gateConsult(String)
    case releaseChanged, storeUnavailable, shadow
    /// Not the release: the rollback landed and did not help.
    case notTheRelease
    case probation
    case noPlan
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
        case .releaseChanged: "release-changed"
        case .storeUnavailable: "store-unavailable"
        case .shadow: "shadow"
        case .notTheRelease: "not-the-release"
        case .probation: "probation"
        case .noPlan: "no-plan"
        case .trigger(let name): "trigger:\(name)"
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
    case page(Refusal?)
    case record

    var name: String {
        switch self {
        case .rollback: "rollback"
        case .page: "page"
        case .record: "record"
        }
    }
}
