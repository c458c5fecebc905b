// Whoever reads a message at night must learn what is wrong, what is done about it, how long it
// takes and how it ended, without looking anything up.

import Testing

@testable import WatchCore

@Suite struct RollbackMessagesTests {
    private func world(_ plan: Plan = World.plan(), trigger: TriggerConfiguration? = nil) -> World {
        var service = World.service()
        if let trigger { service.triggers.append(trigger) }
        let world = World(World.configuration(services: [service], plan: plan))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        return world
    }

    private func message(_ world: World, _ words: String) -> Message? {
        world.messages.last { $0.message.title.contains(words) }?.message
    }

    private func field(_ name: String, of message: Message?) -> String? {
        message?.fields.first { $0.name == name }?.value
    }

    @Test func itSaysWhatIsWrongWithFiguresWhatIsDoneAndHowLongItTakes() {
        let world = world()
        #expect(world.pass(upTo: 60) { message($0, "rollback in progress") != nil })
        let began = message(world, "rollback in progress")
        let text = began?.text ?? ""
        #expect(text.contains("storm: `error_rate(access, 10s) > 25%` is true:"))
        #expect(text.contains("error_rate(access, 10s) = 40 % of "))
        #expect(text.contains("watchctl abort"))
        #expect(field("action", of: began) == "plan shop, method symlink")
        // The budget is 10 m, and a second or two went into looking once more.
        #expect(field("eta", of: began)?.hasPrefix("at most 9m") ?? false)
    }

    @Test func targetsOfAllStepsMakeAnEstimate() {
        var step = World.step("activate")
        step.target = .seconds(30)
        var plan = World.plan(methods: [Method(name: "symlink", steps: [step])])
        plan.verify.target = .minutes(2)
        let world = world(plan)
        #expect(world.pass(upTo: 60) { message($0, "rollback in progress") != nil })
        let eta = field("eta", of: message(world, "rollback in progress"))
        #expect(eta?.hasPrefix("about 2m30s, at most 9m") ?? false)
    }

    @Test func whatElseIsBreachedIsNamed() {
        let world = world(
            trigger: World.trigger("a few", "error_rate(access, 10s) > 5%", .high, .page))
        #expect(world.pass(upTo: 60) { message($0, "rollback in progress") != nil })
        let text = message(world, "rollback in progress")?.text ?? ""
        #expect(text.contains("Breached, too: 'a few'."))
    }

    @Test func whoeverAskedForItIsNamedWhereNothingIsBreached() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(10)
        world.command(
            .rollback(service: "shop", to: nil, reason: "it is slow", dryRun: false, force: false))
        #expect(world.pass(upTo: 60) { message($0, "rollback in progress") != nil })
        let text = message(world, "rollback in progress")?.text ?? ""
        #expect(text.hasPrefix("Plan shop, asked by root"))
    }

    @Test func theEndSaysHowTheServiceIsWhatWasLostAndHowLongItTook() {
        let world = world()
        #expect(world.pass(upTo: 120) { message($0, "rollback complete") != nil })
        let ended = message(world, "rollback complete")
        #expect(
            field("status", of: ended)?
                .hasPrefix("storm: error_rate(access, 10s) = 0 % of ") ?? false)
        #expect(field("status", of: ended)?.hasSuffix("; probes pass") ?? false)
        #expect(field("lost", of: ended) == "nothing")
        for timing in ["detection", "execution", "downtime"] {
            #expect(field(timing, of: ended) != nil)
        }
        #expect(ended?.text.contains("watched closely for 1m more") ?? false)
        #expect(ended?.text.contains("watchctl report shop-") ?? false)
    }

    @Test func aHandOverSaysHowTheServiceIs() {
        let world = world()
        world.answer = { world, task in
            world.version = "1.0.0"
            world.probePasses = false
            return TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 200) { message($0, "handed over") != nil })
        let status = field("status", of: message(world, "handed over"))
        #expect(status?.contains("storm: error_rate(access, 10s)") ?? false)
        #expect(status?.contains("failing: health") ?? false)
    }
}
