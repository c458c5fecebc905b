// A service that the configuration has no more. Nobody reads its version or asks its probes, so
// nobody else would say that its incidents are over. A rollback that has begun its steps keeps the
// plan it was decided with: the method that runs is finished, for half of it may be worse than all
// of it, `after` runs, and then people must look, because nothing can be verified.

extension ServiceEngine {
    /// The reason of such a hand-over.
    static let notConfigured = "not-configured"

    /// As far as it still matters: what is stored of it, and nothing to watch.
    init(retired name: String, state: ServiceState, now: Moment) {
        self.init(
            configuration: ServiceConfiguration(name: name), verifyExpressions: [], state: state,
            now: now)
    }

    private var notConfiguredText: String { "\(name) is not configured any more" }

    /// What is open ends, at once or with the steps that have begun.
    mutating func retire(_ context: inout Context) {
        closeBlind(notConfiguredText, &context)
        forgetReadiness(besides: [], &context)
        if let rollback = state.rollback {
            if rollback.hasRunStep(besides: []) {
                retire(rollback, &context)
                return
            }
            end(.aborted, note: notConfiguredText, counts: false, &context)
            if rollback.drills {
                drillEnded(
                    rollback, .aborted, Self.notConfigured, notConfiguredText, &context)
                return
            }
        } else if state.incident?.record.reason == Self.notConfigured {
            // It was handed over for that reason, and waits for people.
            return
        }
        closeIncident(notConfiguredText, &context)
    }

    private mutating func retire(_ rollback: Rollback, _ context: inout Context) {
        switch rollback.stage {
        case .landing, .curing: handOverUnverified(&context)
        case .gate, .rereading, .before, .step, .check, .after: break
        }
    }

    /// Instead of a verification.
    mutating func handOverUnverified(_ context: inout Context) {
        handOver(
            reason: Self.notConfigured,
            "\(notConfiguredText), so nobody can see whether it landed and cured", &context)
    }
}

extension ServiceState {
    /// Something of it still has to end.
    var isUnfinished: Bool { incident != nil || blind != nil || rollback != nil }
}

extension Context {
    /// Asked at every second, so by place: a look at a configuration as a whole copies it.
    func isRetired(_ service: String) -> Bool {
        !configuration.services.indices.contains { configuration.services[$0].name == service }
    }
}
