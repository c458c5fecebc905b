// Whoever was asleep must be able to tell exactly what happened, when and why.

import Testing

@testable import WatchCore

@Suite struct IncidentAccountTests {
    private func account(
        _ world: World, _ change: (inout Delivery) -> Void = { _ in }
    ) -> IncidentAccount {
        let record =
            world.incident ?? world.records.values.first
            ?? IncidentRecord(
                id: "none", service: "shop", state: .open, severity: .low, opened: .seconds(0))
        let messages = world.messages.filter { $0.message.incident == record.id }.map { outbox in
            var delivery = Delivery(
                id: outbox.id, channel: outbox.channel, title: outbox.message.title, state: .sent,
                attempts: 1, queued: outbox.message.time, sent: outbox.message.time)
            change(&delivery)
            return delivery
        }
        return IncidentAccount(
            record, timeline: world.allEvents.filter { $0.incident == record.id },
            messages: messages, directory: "/var/lib/watchd")
    }

    private func text(_ account: IncidentAccount, _ name: String) -> String? {
        account.milestones.last { $0.name == name }?.text
    }

    private func at(_ account: IncidentAccount, _ name: String) -> WallTime? {
        account.milestones.last { $0.name == name }?.at
    }

    @Test func ofAnAutomaticRollbackThatCuredEachMomentIsTold() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        let account = account(world)
        let names = ["first bad", "detected", "decided", "begun", "landed", "ended", "cured"]
        #expect(account.milestones.map(\.name) == names + ["closed"])
        #expect(account.milestones.allSatisfy { $0.at != nil })
        let times = account.milestones.compactMap(\.at)
        #expect(times == times.sorted())
        #expect(text(account, "detected")?.contains("after the first bad second: ") ?? false)
        #expect(
            text(account, "decided")
                == "rollback (trigger:storm): rollback because 'storm' is breached "
                + "(severity critical, mode auto, policy rollback)")
        #expect(text(account, "begun")?.contains("2.0.0 → 1.0.0 with plan shop") ?? false)
        #expect(text(account, "begun")?.hasSuffix("asked by watchd") ?? false)
        #expect(text(account, "landed")?.hasPrefix("1.0.0 runs, ") ?? false)
        #expect(account.times.detection ?? 0 > 0)
        #expect(account.times.execution ?? 0 > 0)
        #expect(account.times.downtime ?? 0 > account.times.execution ?? 0)
        #expect(account.lost == "nothing: no method that ran can lose any")
        #expect(account.told?.hasPrefix("chat took ") ?? false)
        #expect(account.people.isEmpty)
        let places = account.evidence ?? []
        #expect(places.first?.hasPrefix("/var/lib/watchd/watchd.db") ?? false)
        #expect(places.last?.hasPrefix("/var/lib/watchd/steps/shop-") ?? false)
    }

    @Test func whoApprovedAndWhatWasLostIsTold() {
        let world = World.offering(plan: World.plan(methods: [World.restore()])) {
            $0.policy[.critical]?.needsComment = false
        }
        let reply = world.command(
            .approve(incident: world.id, method: "restore", comment: "go"), by: World.cto)
        #expect(reply.status == .done)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        let account = account(world)
        #expect(account.losses == ["orders since the last backup"])
        #expect(account.lost == "orders since the last backup, as the plan declares")
        #expect(account.decisions.map(\.decision) == ["page", "rollback"])
        #expect(text(account, "decided")?.contains("rollback (approval:carol): ") ?? false)
        let word = account.people.last { $0.kind == "approval.approved" }
        #expect(word?.text.hasSuffix("approved by carol (uid 1003, role cto): go") ?? false)
        #expect(at(account, "decided") == world.incident?.decided)
    }

    @Test func whoAbortedAndWhyIsToldAndWhatNeverCame() {
        let world = World()
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { !$0.methodTasks.isEmpty })
        let task = world.tasks[0]
        world.command(
            .abort(rollback: world.state.rollback?.id ?? "", reason: "it is the CDN"),
            by: World.admin)
        world.finish(task, TaskResult(ending: .cancelled))
        #expect(world.pass(upTo: 30) { $0.incident?.state == .handedOver })
        world.command(
            .resolve(incident: world.id, comment: "CDN mended"), by: World.senior)
        let account = account(world)
        #expect(at(account, "landed") == nil)
        #expect(text(account, "landed") == "never")
        #expect(text(account, "cured") == "never, as far as watchd saw")
        #expect(text(account, "ended")?.contains("aborted after") ?? false)
        #expect(text(account, "handed over")?.contains("it is the CDN") ?? false)
        #expect(
            account.people.map(\.text) == [
                "aborted by alice (uid 1001): it is the CDN",
                "resolved by bob (uid 1002): CDN mended",
            ])
        #expect(account.milestones.last?.name == "closed")
    }

    @Test func thatNobodyCouldBeToldIsTold() {
        let world = World.offering()
        let account = account(world) { delivery in
            delivery.state = .failed
            delivery.sent = nil
            delivery.lastError = "HTTP 404"
        }
        #expect(account.isUntold)
        #expect(account.told == "nobody could be told: chat took 0 of 1 (HTTP 404)")
        #expect(!self.account(world).isUntold)
    }

    @Test func thatPagesWereKeptBackIsTold() {
        let world = World()
        #expect(world.bakeFirst())
        world.command(
            .silence(QuietRequest(service: "shop", lasts: .hours(1), reason: "known")))
        world.command(.disarm(service: nil, for: nil, reason: "work"))
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { $0.lastDecision != nil })
        let told = account(world).told ?? ""
        #expect(told.hasPrefix("nobody: 1 page was kept back by silence:"))
        #expect(text(account(world), "decided")?.hasPrefix("page (disarmed): ") ?? false)
        #expect(account(world).lost == "nothing by watchd: no method ran")
    }

    @Test func whoWasNotAskedDoesNotSay() {
        let record = IncidentRecord(
            id: "shop-1", service: "shop", state: .open, severity: .low, opened: .seconds(0))
        let silent = IncidentDetail(incident: record, timeline: [])
        #expect(silent.account?.told == nil)
        #expect(silent.account?.evidence == nil)
        let asked = IncidentDetail(incident: record, timeline: [], messages: [])
        #expect(asked.account?.told == "nobody: there was no message")
    }
}
