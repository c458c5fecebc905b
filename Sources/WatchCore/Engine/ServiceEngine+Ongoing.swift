// Breaches that go on after somebody closed their incident. They are decided: no restart and no
// other expression for the rule decides again, before the rule was false once or another release
// runs.

/// A breach without an incident.
struct OngoingBreach: Hashable, Sendable, Codable {
    var trigger: String
    var began: WallTime
}

extension ServiceEngine {
    /// What stands though its incident was closed, in a clause; nil: nothing does.
    var ongoingText: String? {
        let still = (state.ongoing ?? []).map { "'\($0.trigger)'" }
        guard !still.isEmpty else { return nil }
        return still.joined(separator: ", ") + (still.count == 1 ? " is" : " are")
            + " breached still, and nobody is told of it again before it has cleared once"
    }

    /// Rules that are breached still when a person closes their incident.
    mutating func keepOngoing() {
        let open = (state.incident?.record.breaches ?? []).filter { breach in
            breach.cleared == nil && triggers[breach.trigger]?.isBreached ?? false
        }
        guard !open.isEmpty else { return }
        let names = Set(open.map(\.trigger))
        state.ongoing =
            (state.ongoing ?? []).filter { !names.contains($0.trigger) }
            + open.map { OngoingBreach(trigger: $0.trigger, began: $0.began) }
    }

    /// It was seen false, joins an incident, or was of a release that is gone.
    mutating func forgetOngoing(_ trigger: String, _ context: inout Context) {
        guard state.ongoing?.contains(where: { $0.trigger == trigger }) ?? false else { return }
        state.ongoing?.removeAll { $0.trigger == trigger }
        if state.ongoing?.isEmpty ?? false { state.ongoing = nil }
        context.isDirty = true
    }
}
