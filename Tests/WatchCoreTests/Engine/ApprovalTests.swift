// Approvals: who may give one, for what, until when, and what makes it void.

import Testing

@testable import WatchCore

@Suite struct ApprovalTests {
    @Test func anApprovedRollbackRunsAndIsRecordedWithWho() {
        let world = World.offering()
        #expect(world.incident?.state == .awaitingApproval)
        let reply = world.approve()
        #expect(reply.status == .done)
        #expect(reply.rollback == world.state.rollback?.id)
        #expect(world.lastDecision?.reason == "approval:alice")
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.incident?.rollbacks.last?.askedBy == "alice")
        #expect(world.incident?.answer?.kind == .approved)
        #expect(world.incident?.answer?.by == "alice")
        #expect(world.offer == nil)
        #expect(world.kinds("approval.approved").map(\.reason) == ["alice"])
        // Limits count what watchd did by itself.
        #expect(world.state.automaticEnds.isEmpty)
    }

    @Test func theOfferSaysWhatRunsWhatItLosesWhoMayAndUntilWhen() {
        let world = World.offering(severity: .high, armed: false) {
            $0.policy[.high]?.approveWithin = .minutes(10)
        }
        let offer = world.offer
        #expect(offer?.from.text == "2.0.0")
        #expect(offer?.to.text == "1.0.0")
        #expect(offer?.ways.map(\.method) == ["symlink", "redeploy"])
        #expect(offer?.ways[0].steps == ["activate: activate:1.0.0"])
        #expect(offer?.ways[0].approvers == "role senior-admin (members of seniors)")
        #expect(offer?.until == world.now.wall + .minutes(10))
        #expect(offer?.conditions.first?.hasPrefix("disarmed: ") ?? false)
        let text = world.lastPage?.text ?? ""
        for part in [
            "watchctl approve \(world.id)", "seniors", "Against it: disarmed",
            offer?.until?.text ?? "?", "the next step of the route is told",
            "watchctl deny \(world.id)",
        ] {
            #expect(text.contains(part), "\(part) is missing in: \(text)")
        }
    }

    // MARK: - Who

    @Test func theRoleOfThePolicyMayApprove() {
        let world = World.offering(severity: .high)
        #expect(world.approve(by: World.senior).status == .done)
    }

    @Test func whoeverLacksTheRoleIsRefusedAndThatIsRecorded() {
        let world = World.offering(severity: .high)
        for peer in [World.admin, World.reader, World.cto] {
            let reply = world.approve(by: peer)
            #expect(reply.status == .refused)
            #expect(reply.reason == "role-needed")
            #expect(reply.message.contains("senior-admin"))
        }
        #expect(world.kinds("approve.refused").count == 3)
        #expect(world.kinds("approve.refused").first?.text.contains("alice (uid 1001)") ?? false)
        #expect(world.offer != nil)
    }

    @Test func rootMayApproveAll() {
        let world = World.offering(severity: .high)
        #expect(world.approve(by: Peer(uid: 0, name: "root")).status == .done)
    }

    @Test func aRoleOfThePolicyThatNobodyHasIsWhoeverMayOperate() {
        let world = World.offering(severity: .high) { $0.access.approve = [:] }
        #expect(world.approve(by: World.senior).status == .refused)
        #expect(world.approve(by: World.admin).status == .done)
    }

    @Test func aRoleOfAMethodThatNobodyHasIsRootAlone() {
        let world = World.offering(plan: World.plan(methods: [World.restore(role: "owner")]))
        #expect(world.approve("restore", by: World.cto).message.contains("only root"))
        #expect(world.approve("restore", by: World.admin).status == .refused)
        #expect(world.approve("restore", by: Peer(uid: 0, name: "root")).status == .done)
    }

    // MARK: - A method that loses data

    @Test func whatRunsUnattendedComesFirst() {
        let plan = World.plan(methods: [World.restore(), World.plan().methods[0]])
        let world = World.offering(plan: plan)
        #expect(world.offer?.ways.map(\.method) == ["symlink"])
        let early = world.approve("restore", by: World.cto)
        #expect(early.reason == "method-not-offered")
        #expect(early.message.contains("when what runs unattended has been tried"))
        world.approve()
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.methodTasks == ["method symlink: activate"])
    }

    @Test func methodsThatNeedAnApprovalAreOfferedWhenTheOthersAreExhausted() {
        let plan = World.plan(methods: [
            Method(name: "symlink", steps: [World.step("nothing")]), World.restore(),
        ])
        let world = World.offering(plan: plan)
        world.approve()
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-landed")
        #expect(world.methodTasks == ["method symlink: nothing"])
        #expect(world.offer?.isPerMethod ?? false)
        #expect(world.lastPage?.text.contains("loses: orders since the last backup") ?? false)
        #expect(world.lastPage?.text.contains("--method restore") ?? false)
        #expect(world.approve("restore", by: World.admin).reason == "role-needed")
        let reply = world.approve("restore", by: World.cto)
        #expect(reply.status == .done)
        #expect(reply.message.contains("loses: orders since the last backup"))
        #expect(reply.message.ranges(of: "loses").count == 1, "\(reply.message)")
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.last == "method restore: activate")
        #expect(world.state.book.release(version: "2.0.0")?.standing == .bad)
    }

    @Test func anApprovalOfOneMethodIsNoneOfAnother() {
        let other = Method(name: "rebuild", approve: "cto", steps: [World.step("activate")])
        let world = World.offering(
            plan: World.plan(methods: [World.restore(step: "nothing"), other]))
        #expect(world.offer?.ways.map(\.method) == ["restore", "rebuild"])
        let unnamed = world.approve(by: World.cto)
        #expect(unnamed.reason == "method-needed")
        #expect(unnamed.message.contains("loses: orders since the last backup"))
        #expect(world.approve("restore", by: World.cto).status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.methodTasks == ["method restore: nothing"])
        // What had its turn is not offered again.
        #expect(world.offer?.ways.map(\.method) == ["rebuild"])
    }

    @Test func methodsThatNeedAnApprovalAreOfferedWhenItLandedInVain() {
        let cure = Method(name: "restore", loses: "orders", steps: [World.step("cure")])
        let world = World.offering(plan: World.plan(methods: [World.plan().methods[0], cure]))
        world.answer = { world, task in
            let result = world.obey(task)
            if case .unit("activate", _) = task.action { world.errorRate = 0.4 }
            if case .unit("cure", _) = task.action { world.errorRate = 0 }
            return result
        }
        world.approve()
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-the-release")
        #expect(world.offer?.ways.map(\.method) == ["restore"])
        #expect(world.approve("restore").status == .done)
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.methodTasks == ["method symlink: activate", "method restore: cure"])
        // It was not the release.
        #expect(world.state.book.release(version: "2.0.0")?.standing == .baking)
    }

    @Test func aPersonsRollbackNeverRunsWhatNeedsAnApproval() {
        let world = World.offering(plan: World.plan(methods: [World.restore()]))
        let reply = world.command(
            .rollback(service: "shop", to: nil, reason: "now", dryRun: false, force: true))
        #expect(reply.status == .refused)
        #expect(reply.reason == "awaiting-approval")
        #expect(reply.message.contains("--method restore"))
        #expect(world.tasks.isEmpty)
        #expect(world.approve("restore", by: World.cto).status == .done)
    }

    // MARK: - Void

    @Test func anApprovalIsVoidIfFromNoLongerRuns() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(5))
        let world = World.offering(plan: World.plan(gates: [gate]))
        world.answer = { _, _ in nil }
        world.approve()
        // The fix arrives while the gate is asked.
        world.deploy("2.0.1")
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(3)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.reason == "release-changed")
        #expect(world.incident?.state == .superseded)
    }

    @Test func anotherDeploymentEndsAPendingApproval() {
        let world = World.offering()
        world.deploy("2.0.1")
        #expect(world.pass(upTo: 10) { $0.incident?.state == .superseded })
        #expect(world.offer == nil)
        #expect(world.incident?.answer?.kind == .void)
        let reply = world.approve()
        #expect(reply.reason == "no-offer")
        #expect(reply.message.contains("2.0.1 was deployed"))
        world.pass(30)
        #expect(world.tasks.isEmpty)
    }

    @Test func breachesThatClearEndAPendingApproval() {
        let world = World.offering()
        world.errorRate = 0
        #expect(world.pass(upTo: 40) { $0.incident?.state == .cleared })
        #expect(world.incident?.answer?.kind == .void)
        #expect(world.approve().status == .refused)
    }

    @Test func whatClearsAfterTheApprovalIsLeftAlone() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(5))
        let world = World.offering(plan: World.plan(gates: [gate]))
        world.answer = { _, _ in nil }
        world.approve()
        world.errorRate = 0
        world.pass(25)
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(3)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.state == .cleared)
    }

    @Test func aTargetThatWasMarkedBadIsNotApproved() {
        let world = World.offering()
        world.command(.mark(service: "shop", version: "1.0.0", .bad, reason: "it loses data"))
        let reply = world.approve()
        #expect(reply.reason == "no-known-good")
        #expect(reply.message.contains("it loses data"))
    }

    @Test func aFullDiskRefusesAnApproval() {
        let world = World.offering()
        world.storeWorks = false
        world.handle(.storeFailed("disk full", skipped: []))
        #expect(world.approve().reason == "store-unavailable")
    }

    // MARK: - Twice, late, closed

    @Test func approvingTwiceIsAnsweredClearly() {
        let world = World.offering()
        world.answer = { _, _ in nil }
        #expect(world.approve().status == .done)
        let again = world.approve(by: World.senior)
        #expect(again.reason == "busy")
        #expect(again.message.contains("alice approved it"))
        #expect(world.incident?.rollbacks.count == 1)
    }

    @Test func approvingLateIsAnsweredClearly() {
        let world = World.offering {
            $0.policy[.critical]?.approveWithin = .seconds(30)
            $0.policy[.critical]?.onTimeout = .hold
        }
        world.pass(31)
        let reply = world.approve()
        #expect(reply.reason == "no-offer")
        #expect(reply.message.contains("expired"))
        #expect(reply.message.contains("watchctl rollback shop"))
    }

    @Test func approvingAClosedIncidentIsAnsweredClearly() {
        let world = World.offering()
        let id = world.id
        world.command(.resolve(incident: id, comment: ""))
        let reply = world.command(
            .approve(incident: id, method: nil, comment: ""), by: World.admin)
        #expect(reply.status == .notFound)
        #expect(reply.message.contains("'\(id)' is closed"))
    }

    @Test func aMethodThatDoesNotExistIsAnsweredWithThoseThatDo() {
        let reply = World.offering().approve("simlink")
        #expect(reply.reason == "method-not-offered")
        #expect(reply.message.contains("symlink, redeploy"))
    }

    @Test func anApprovalCanBeginWithALaterMethod() {
        let world = World.offering()
        world.approve("redeploy")
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.methodTasks == ["method redeploy: activate"])
    }

    // MARK: - Deny

    @Test func denyEndsTheOfferAndSaysWho() {
        let world = World.offering()
        #expect(world.deny("it is the payment provider").status == .done)
        #expect(world.offer == nil)
        #expect(world.incident?.state == .open)
        #expect(world.incident?.answer?.kind == .denied)
        #expect(world.incident?.answer?.by == "alice")
        #expect(world.incident?.acknowledgedBy == "alice")
        #expect(world.kinds("approval.denied").first?.text.contains("payment provider") ?? false)
        #expect(world.messages.last?.message.title == "shop: rollback denied by alice")
        let late = world.approve()
        #expect(late.reason == "no-offer")
        #expect(late.message.contains("denied by alice"))
        world.pass(60)
        #expect(world.tasks.isEmpty)
    }

    @Test func whatWasDeniedIsNotDoneWhenAHoldEnds() {
        var configuration = World.configuration()
        configuration.access = World.access
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .minutes(5))
        configuration.plans[0].gates = [gate]
        let world = World(configuration)
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { !$0.tasks.isEmpty })
        world.hold(.seconds(30))
        #expect(world.deny("it is the CDN").status == .done)
        world.pass(120)
        #expect(world.tasks.count == 1)
        #expect(world.incident?.state == .open)
    }

    @Test func whoeverMayApproveOrOperateMayDeny() {
        #expect(World.offering(severity: .high).deny(by: World.admin).status == .done)
        #expect(World.offering(severity: .high).deny(by: World.senior).status == .done)
        #expect(World.offering(severity: .high).deny(by: World.reader).reason == "role-needed")
    }

    // MARK: - Crashes

    @Test(arguments: [true, false]) func anOfferOutlivesACrash(_ sameBoot: Bool) {
        let world = World.offering { $0.policy[.critical]?.approveWithin = .minutes(10) }
        world.crash(sameBoot: sameBoot)
        world.pass(3)
        #expect(world.incident?.state == .awaitingApproval)
        #expect(world.approve().status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func aCrashAfterAnApprovalGoesOnWithIt() {
        let world = World.offering()
        world.answer = { _, _ in nil }
        world.approve()
        world.pass(3)
        world.crash()
        world.answer = { $0.obey($1) }
        if let task = world.tasks.last {
            world.finish(task, world.obey(task) ?? .init(ending: .cancelled))
        }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.incident?.rollbacks.map(\.askedBy) == ["alice"])
    }

    /// Whoever asks for a restore after the storm has seen more than the triggers do.
    @Test func whatAPersonAskedForStandsThoughAllBreachesHaveCleared() {
        let world = World.offering(plan: World.plan(methods: [World.restore(role: "cto")]))
        world.errorRate = 0
        #expect(world.pass(upTo: 120) { $0.incident?.state == .cleared })
        let asked = world.command(
            .rollback(service: "shop", to: nil, reason: "gone", dryRun: false, force: false),
            by: World.admin)
        #expect(asked.reason == "awaiting-approval")
        world.pass(30)
        #expect(world.offer != nil)
        #expect(world.approve("restore", by: World.cto).rollback != nil)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    /// The message of the gate says so: `watchctl rollback shop --force`.
    @Test func whoeverForcesItForcesItThroughTheApprovalToo() {
        let plan = World.plan(
            gates: [
                Gate(
                    name: "losses", action: .unit(name: "losses", with: nil),
                    timeout: .seconds(9))
            ],
            methods: [World.restore()])
        let world = World.offering(plan: plan)
        world.answer = { world, task in
            task.title == "gate losses" ? TaskResult(ending: .exited(10)) : world.obey(task)
        }
        #expect(world.approve("restore", by: World.cto).status == .done)
        world.pass(5)
        #expect(world.incident?.rollbacks.last?.state == .aborted)
        let asked = world.command(
            .rollback(service: "shop", to: nil, reason: "it must", dryRun: false, force: true),
            by: World.admin)
        #expect(asked.reason == "awaiting-approval")
        #expect(world.offer?.forcedBy == "alice")
        #expect(world.lastPage?.text.contains("alice asked for it in spite of gates") ?? false)
        #expect(world.approve("restore", by: World.cto).status == .done)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.kinds("gate.forced").count == 1)
    }
}
