// What was to be done after a rollback and was not (the maintenance page still stands, a service
// stays stopped) is told, and stays open until somebody says that it is done.

import Testing

@testable import WatchCore

struct LeftUndoneTests {
    private static let storm = World.trigger("storm", "error_rate(access, 10s) > 25%")

    private func world(
        after: [Step] = [World.step("open"), World.step("warm")],
        answer: @escaping (World, StepTask) -> TaskResult?
    ) -> World {
        let world = World(
            World.configuration(
                services: [World.service(triggers: [Self.storm])], plan: World.plan(after: after)))
        world.answer = answer
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        return world
    }

    private static func failing(_ name: String) -> (World, StepTask) -> TaskResult? {
        { world, task in
            task.title.hasPrefix("after: \(name)")
                ? TaskResult(ending: .exited(1)) : world.obey(task)
        }
    }

    @Test func aFailedStepOfAfterIsPagedWhenTheRollbackHelped() {
        let world = world(answer: Self.failing("open"))
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.tasks.map(\.title).contains("after: warm"))
        let page = world.messages.last { $0.message.title.contains("rollback complete") }?.message
        #expect(page?.kind == .page)
        #expect(page?.title.contains("but not all was done afterwards") ?? false)
        #expect(page?.text.contains("'open' failed with exit status 1") ?? false)
        #expect(page?.text.contains("a person must see to it") ?? false)
        let note = world.incident?.rollbacks.last?.note
        #expect(note?.contains("'open'") ?? false)
        // Nobody has seen to it: neither the probation ends it nor a restart.
        world.crash()
        world.pass(600)
        #expect(world.incident?.state == .recovered)
        #expect(world.messages.allSatisfy { $0.message.kind != .resolve })
        #expect(world.command(.resolve(incident: world.id, comment: "opened")).status == .done)
        #expect(world.incident == nil)
    }

    @Test func soItIsWhenTheRollbackIsHandedOver() {
        let world = world { world, task in
            task.title.hasPrefix("after: open")
                ? TaskResult(ending: .exited(1)) : TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        #expect(world.lastPage?.text.contains("'open' failed with exit status 1") ?? false)
    }

    /// What the round after the last method has done counts, not an earlier one.
    @Test func oneThatWorksTheSecondTimeIsNotTold() {
        var rounds = 0
        let world = world { world, task in
            if task.title.hasPrefix("after: open") {
                rounds += 1
                return TaskResult(ending: .exited(rounds == 1 ? 1 : 0))
            }
            return task.title.contains("symlink")
                ? TaskResult(ending: .exited(0)) : world.obey(task)
        }
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(rounds == 2)
        #expect(world.incident?.rollbacks.last?.note == nil)
        #expect(world.pass(upTo: 120) { $0.incident == nil })
    }

    /// It has done nothing, and a moment later it often can.
    @Test func whatCouldNotBeStartedIsTriedAgain() {
        var open = World.step("open")
        open.retries = 2
        var tries = 0
        let world = world(after: [open]) { world, task in
            guard task.title.hasPrefix("after: open") else { return world.obey(task) }
            tries += 1
            return TaskResult(ending: tries < 3 ? .couldNotStart("no bus") : .exited(0))
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(tries == 3)
        #expect(world.incident?.rollbacks.last?.note == nil)
    }
}
