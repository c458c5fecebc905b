// Undo begins at the phase that an operation reached; what cannot be undone falls back.

import Testing

@testable import WatchCore

@Suite struct PhasesTests {
    private static let names = ["security", "schema", "data", "indexes"]

    /// `data` cannot be undone.
    private func world(
        reached: [String]?, ends: Bool = true, before: [Step] = [], after: [Step] = []
    ) -> World {
        var undo = Method(name: "undo", steps: [])
        undo.phases = Method.Phases(
            operation: "remediation",
            phases: Self.names.map { name in
                Method.Phase(
                    name: name, undo: name == "data" ? nil : [World.step("undo-\(name)")])
            })
        let plan = World.plan(
            before: before,
            methods: [
                undo,
                Method(
                    name: "restore", loses: "what was written since the backup", approve: "cto",
                    steps: [World.step("activate")]),
            ], after: after)
        let world = World(World.configuration(plan: plan))
        #expect(world.bakeFirst())
        if let reached {
            world.command(
                .beginOperation(OperationRequest(service: "shop", operation: "remediation")))
            for phase in reached {
                world.command(
                    .reachPhase(service: "shop", operation: "remediation", phase: phase))
            }
            if ends {
                world.command(
                    .endOperation(service: "shop", operation: "remediation", status: 0))
            }
        }
        world.deploy("2.0.0", errorRate: 0.4)
        return world
    }

    @Test func thoseReachedAreUndoneTheLastOneFirst() {
        let world = world(reached: ["security", "schema"])
        world.answer = { world, task in
            if task.title.contains("undo-security") {
                world.version = "1.0.0"
                world.errorRate = 0
            }
            return TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.methodTasks == ["method undo: undo-schema", "method undo: undo-security"])
    }

    @Test func theFirstFailureStopsIt() {
        let world = world(reached: ["security", "schema"])
        world.answer = { world, task in
            task.title.contains("undo-schema")
                ? TaskResult(ending: .exited(1)) : TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        #expect(world.methodTasks == ["method undo: undo-schema"])
        #expect(world.incident?.offer?.ways.map(\.method) == ["restore"])
    }

    /// Maintenance mode, which `before` switched on, must not stay on.
    @Test(arguments: [["security", "schema", "data"], ["security", "unheard-of"]])
    func whatCannotBeUndoneFallsBackToWhatNeedsAnApproval(_ reached: [String]) {
        let world = world(
            reached: reached, before: [World.step("close")], after: [World.step("open")])
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        #expect(world.methodTasks.isEmpty)
        #expect(world.tasks.map(\.title) == ["before: close", "after: open"])
        #expect(world.kinds("method.skipped").count == 1)
        let page = world.messages.last { $0.message.kind == .page }?.message.text ?? ""
        let phase = reached.last ?? ""
        #expect(page.contains("method undo is of no use: phase '\(phase)' was reached"))
        #expect(world.incident?.offer?.ways.map(\.method) == ["restore"])
        #expect(
            world.incident?.offer?.ways.first?.loses == "what was written since the backup")
    }

    @Test func nothingIsUndoneOfAnOperationThatNobodyKnowsOrThatStillRuns() {
        for world in [world(reached: nil), world(reached: ["security"], ends: false)] {
            #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
            #expect(world.methodTasks.isEmpty)
        }
    }

    @Test func anOperationThatReachedNoPhaseLeavesNothingToUndo() {
        let world = world(reached: [])
        world.answer = { $0.obey($1) }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        #expect(world.methodTasks.isEmpty)
        #expect(world.kinds("method.skipped").first?.text.contains("nothing to undo") ?? false)
    }

    @Test func whatIsGoingToBeUndoneIsSaidBefore() {
        let world = world(reached: ["security", "schema"])
        world.pass(3)
        let reply = world.command(
            .rollback(service: "shop", to: nil, reason: "try", dryRun: true, force: false))
        let lines = reply.plan ?? []
        let method = lines.firstIndex { $0.hasPrefix("method undo") } ?? 0
        guard lines.count > method + 3 else {
            Issue.record("\(reply)")
            return
        }
        #expect(lines[method + 1].contains("undo-schema"))
        #expect(lines[method + 2].contains("undo-security"))
        #expect(lines[method + 3].contains("restore"))
    }

    /// What the next release breaks has nothing to do with an operation that is undone already.
    @Test func whatIsUndoneIsNotUndoneAgainByTheNextRollback() {
        let world = world(reached: ["security", "schema"])
        world.answer = { world, task in
            if task.title.contains("undo-security") {
                world.version = "1.0.0"
                world.errorRate = 0
            }
            return TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        // Until after the cooldown.
        world.pass(1900)
        #expect(world.incident == nil)
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        #expect(world.methodTasks == ["method undo: undo-schema", "method undo: undo-security"])
        #expect(world.kinds("method.skipped").last?.text.contains("undone already") ?? false)
    }

    /// One that failed is where the next rollback begins.
    @Test func onlyWhatIsLeftIsUndoneAfterAFailure() {
        let world = world(reached: ["security", "schema"])
        world.answer = { _, task in
            TaskResult(ending: .exited(task.title.contains("undo-security") ? 1 : 0))
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        world.answer = { $0.obey($1) }
        world.command(
            .rollback(service: "shop", to: nil, reason: "again", dryRun: false, force: false))
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        #expect(
            world.methodTasks == [
                "method undo: undo-schema", "method undo: undo-security",
                "method undo: undo-security",
            ])
    }

    @Test func theStepsAreKnownAfterACrashToo() {
        let world = world(reached: ["security", "schema"])
        world.answer = { _, _ in nil }
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        world.crash()
        world.answer = { world, task in
            if task.title.contains("undo-security") {
                world.version = "1.0.0"
                world.errorRate = 0
            }
            return TaskResult(ending: .exited(0))
        }
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.last == "method undo: undo-security")
    }
}
