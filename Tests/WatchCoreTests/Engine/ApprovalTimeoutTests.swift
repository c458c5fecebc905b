// `approve_within` and `on_timeout`, apart from `respond_within`.

import Testing

@testable import WatchCore

@Suite struct ApprovalTimeoutTests {
    private func offering(
        _ onTimeout: OnTimeout, armed: Bool = true, plan: Plan = World.plan(),
        change: (inout Configuration) -> Void = { _ in }
    ) -> World {
        World.offering(plan: plan, armed: armed) {
            $0.policy[.critical]?.approveWithin = .seconds(30)
            $0.policy[.critical]?.onTimeout = onTimeout
            // So that nothing else escalates.
            $0.policy[.critical]?.respondWithin = .hours(1)
            change(&$0)
        }
    }

    private func told(_ world: World) -> Set<String> {
        Set(world.messages.filter { $0.message.kind == .page }.map(\.channel))
    }

    @Test func escalateTellsTheNextStepOfTheRouteAndTheOfferStands() {
        let world = offering(.escalate)
        world.pass(29)
        #expect(told(world) == ["chat"])
        world.pass(2)
        #expect(told(world) == ["chat", "mail"])
        #expect(world.kinds("approval.timed-out").count == 1)
        #expect(world.lastPage?.text.contains("Nobody approved or denied it within 30s") ?? false)
        world.pass(120)
        #expect(world.kinds("approval.timed-out").count == 1)
        #expect(world.approve().status == .done)
    }

    @Test func escalateIsTheDefault() {
        #expect(Policy.defaults.values.allSatisfy { $0.onTimeout == .escalate })
    }

    @Test func anAcknowledgementDoesNotStopTheDeadlineOfTheApproval() {
        let world = offering(.escalate)
        world.command(.acknowledge(incident: world.id, comment: ""))
        world.pass(31)
        #expect(told(world) == ["chat", "mail"])
    }

    @Test func rollbackActsWhenNobodyAnswered() {
        let world = offering(.rollback)
        #expect(world.pass(upTo: 31) { $0.incident?.state == .rollingBack })
        #expect(world.incident?.answer?.kind == .expired)
        #expect(world.incident?.rollbacks.last?.askedBy == "watchd")
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.state.automaticEnds.count == 1)
    }

    /// Somebody stopped it: from then on it is theirs.
    @Test func whatWasAbortedAtItsGatesIsNotDoneLaterByItself() {
        let gate = Gate(
            name: "ready", action: .unit(name: "gate", with: nil), timeout: .minutes(1))
        var configuration = World.configuration(plan: World.plan(gates: [gate]))
        configuration.policy[.critical]?.approveWithin = .minutes(1)
        configuration.policy[.critical]?.onTimeout = .rollback
        let world = World(configuration)
        world.answer = { world, task in
            task.title.hasPrefix("gate") ? nil : world.obey(task)
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { !$0.tasks.isEmpty })
        world.command(.abort(rollback: world.state.rollback?.id ?? "", reason: "by hand"))
        world.finish(world.tasks[0], TaskResult(ending: .cancelled))
        world.pass(180)
        #expect(world.kinds("rollback.began").count == 1)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.state == .handedOver)
        #expect(world.incident?.reason == "aborted")
        #expect(world.incident?.rollbacks.last?.state == .aborted)
        #expect(world.state.automaticEnds.isEmpty)
        #expect(world.lastPage?.text.contains("nothing was changed") ?? false)
    }

    @Test func rollbackOnTimeOutNeedsAllThatWatchdNeeds() {
        let world = offering(.rollback, armed: false)
        world.pass(200)
        #expect(world.tasks.isEmpty)
        #expect(world.lastDecision?.reason == "disarmed")
        #expect(told(world) == ["chat", "mail"])
        // Said once, and people may still approve.
        #expect(world.kinds("decision").count == 2)
        #expect(world.approve().status == .done)
    }

    @Test func rollbackOnTimeOutNeverRunsWhatNeedsAnApproval() {
        let world = offering(.rollback, plan: World.plan(methods: [World.restore()]))
        world.pass(200)
        #expect(world.tasks.isEmpty)
        #expect(told(world) == ["chat", "mail"])
        #expect(world.offer != nil)
    }

    @Test func rollbackOnTimeOutIsTriedOnce() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(5))
        let world = offering(.rollback, plan: World.plan(gates: [gate]))
        world.answer = { _, _ in TaskResult(ending: .exited(10)) }
        world.pass(600)
        #expect(world.incident?.reason == "gate-blocked:migration")
        #expect(world.tasks.count == 1)
    }

    @Test func holdEndsTheOffer() {
        let world = offering(.hold)
        world.pass(31)
        #expect(world.offer == nil)
        #expect(world.incident?.state == .open)
        #expect(world.incident?.answer?.kind == .expired)
        world.pass(200)
        #expect(world.tasks.isEmpty)
    }

    @Test func aTriggerMayHaveItsOwn() {
        let world = offering(.hold) {
            $0.services[0].triggers[0].approveWithin = .seconds(60)
            $0.services[0].triggers[0].onTimeout = .rollback
        }
        world.pass(40)
        #expect(world.incident?.state == .awaitingApproval)
        #expect(world.pass(upTo: 25) { $0.incident?.state == .rollingBack })
    }

    @Test func aFurtherBreachDoesNotPutOffTheDeadline() {
        let world = offering(.hold) {
            $0.services[0].triggers.append(
                World.trigger("down", "failing(health) > 60%", .critical, .page))
        }
        let until = world.offer?.until
        world.pass(10)
        world.probePasses = false
        #expect(world.pass(upTo: 10) { $0.incident?.breaches.count == 2 })
        #expect(world.offer?.until == until)
        #expect(world.kinds("approval.offered").count == 1)
    }

    /// The offer that was there is to be escalated soon; that is no time for watchd to act in.
    @Test func watchdDoesNotActForAFurtherBreachBeforeItsTime() {
        let world = offering(.escalate) {
            var down = World.trigger("down", "failing(health) > 60%", .critical, .page)
            down.approveWithin = .minutes(5)
            down.onTimeout = .rollback
            $0.services[0].triggers.insert(down, at: 0)
        }
        world.pass(10)
        world.probePasses = false
        #expect(world.pass(upTo: 10) { $0.incident?.breaches.count == 2 })
        world.pass(60)
        #expect(world.incident?.state == .awaitingApproval)
        #expect(world.pass(upTo: 300) { $0.incident?.state == .rollingBack })
    }

    @Test func theDeadlineOutlivesACrash() {
        let world = offering(.hold)
        world.pass(20)
        world.crash()
        world.pass(12)
        #expect(world.incident?.answer?.kind == .expired)
    }

    @Test func withoutADeadlineAnOfferStands() {
        let world = World.offering { $0.policy[.critical]?.respondWithin = nil }
        world.pass(4000)
        #expect(world.offer != nil)
        #expect(world.offer?.until == nil)
    }
}
