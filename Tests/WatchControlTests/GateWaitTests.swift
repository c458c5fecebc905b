// When the gates of a rollback have answered, and what.

import Testing
import WatchCore

@testable import watchctl

@Suite struct GateWaitTests {
    private func answer(
        _ state: RollbackRecord.State, steps: Int, rollback: String = "shop-17-r1"
    ) -> GateWait.Answer? {
        var incident = Fixtures.incident
        incident.rollbacks[0].state = state
        incident.rollbacks[0].steps = Array(incident.rollbacks[0].steps.prefix(steps))
        incident.reason = "gate-blocked:migration"
        return GateWait(incident: "shop-17", rollback: rollback).answer(in: incident)
    }

    private func name(_ answer: GateWait.Answer?) -> String {
        switch answer {
        case nil: "waits"
        case .goes: "goes"
        case .withdrawn(_, let reason): reason ?? ""
        case .hidden: "hidden"
        }
    }

    @Test func whileGatesAreAskedItWaits() {
        #expect(name(answer(.gates, steps: 1)) == "waits")
        #expect(name(answer(.gates, steps: 0)) == "waits")
        #expect(name(answer(.methods, steps: 2, rollback: "shop-17-r9")) == "waits")
    }

    @Test(arguments: [
        RollbackRecord.State.before, .methods, .after, .landing, .curing, .recovered,
    ])
    func whatIsPastItsGatesGoesOn(state: RollbackRecord.State) {
        #expect(name(answer(state, steps: 2)) == "goes")
    }

    @Test(arguments: [RollbackRecord.State.aborted, .failed])
    func whatEndedBeforeAnyStepWasRefused(state: RollbackRecord.State) {
        #expect(name(answer(state, steps: 1)) == "gate-blocked:migration")
        #expect(name(answer(state, steps: 2)) == "goes")
    }
}
