// Guarded operations, and rules about those that take too long.

import Testing

@testable import WatchCore

@Suite struct OperationTests {
    private func world() -> World {
        let trigger = World.trigger("hangs", "overrun(migration) > 2", .high, .page)
        return World(World.configuration(services: [World.service(triggers: [trigger])]))
    }

    @discardableResult
    private func begin(
        _ world: World, _ name: String = "migration", _ estimate: Duration? = .seconds(30)
    ) -> CommandReply {
        world.command(
            .beginOperation(
                OperationRequest(service: "shop", operation: name, estimate: estimate)))
    }

    @discardableResult
    private func end(_ world: World, _ name: String = "migration") -> CommandReply {
        world.command(.endOperation(service: "shop", operation: name, status: nil))
    }

    @Test func whatTakesTwiceItsEstimateBreaches() {
        let world = world()
        world.pass(10)
        #expect(world.verdict("hangs") == .insufficient)
        #expect(begin(world).status == .done)
        world.pass(60)
        #expect(world.verdict("hangs") == .healthy)
        world.pass(1)
        #expect(world.verdict("hangs") == .breached)
        #expect(
            world.incident?.breaches.first?.why?.first == "overrun(migration) is 2.03, more than 2")
    }

    @Test func whileNoneRunsItIsUnknownAndNoEvidenceOfHealth() {
        let world = world()
        world.pass(100)
        #expect(world.verdict("hangs") == .insufficient)
        #expect(world.kinds("release.good").isEmpty)
    }

    @Test func aBreachEndsWithItsOperation() {
        let world = world()
        begin(world)
        world.pass(70)
        #expect(world.verdict("hangs") == .breached)
        #expect(end(world).status == .done)
        // clear_for is 5 s.
        world.pass(4)
        #expect(world.verdict("hangs") == .breached)
        world.pass(4)
        #expect(world.verdict("hangs") != .breached)
        #expect(world.kinds("trigger.cleared").count == 1)
        world.pass(2)
        #expect(world.verdict("hangs") == .insufficient)
    }

    @Test func withoutAnEstimateNothingIsOverrun() {
        let world = world()
        begin(world, "migration", nil)
        world.pass(100)
        #expect(world.verdict("hangs") == .insufficient)
    }

    @Test func beginAndEndAreRecordedWithWhoAndHowLong() {
        let world = world()
        begin(world)
        world.pass(12)
        end(world)
        #expect(
            world.kinds("operation.began").map(\.text)
                == ["operation 'migration' began, estimated to take 30s, by root (uid 0)"])
        #expect(world.kinds("operation.began").map(\.reason) == ["root"])
        #expect(
            world.kinds("operation.ended").map(\.text)
                == ["operation 'migration' ended after 12s of an estimated 30s, said root (uid 0)"])
    }

    @Test func oneBegunTwiceIsRefusedAndOneThatDoesNotRunIsNotFound() {
        let world = world()
        #expect(end(world).status == .notFound)
        begin(world)
        world.pass(10)
        let again = begin(world)
        #expect(again.status == .refused)
        #expect(again.reason == "busy")
        #expect(again.message.contains("begun 10s ago by root"))
        #expect(end(world).status == .done)
        #expect(end(world).status == .notFound)
        #expect(begin(world).status == .done)
        #expect(
            world.command(
                .beginOperation(OperationRequest(service: "shpo", operation: "a"))
            ).status == .notFound)
    }

    @Test(arguments: [
        "", "a b", "1st", "a.b", "a)", "and(", "ä", String(repeating: "a", count: 65),
    ])
    func whatNoExpressionCanNameIsRefused(name: String) {
        let reply = begin(world(), name)
        #expect(reply.status == .refused)
        #expect(reply.reason == "unusable-value")
    }

    @Test func anEstimateOfNothingIsRefused() {
        #expect(begin(world(), "migration", .zero).reason == "unusable-value")
    }

    @Test func soManyMayRunAtOnce() {
        let world = world()
        for index in 0..<Operation.limit { #expect(begin(world, "op\(index)").status == .done) }
        #expect(begin(world, "more").reason == "busy")
        #expect(end(world, "op3").status == .done)
        #expect(begin(world, "more").status == .done)
    }

    @Test(arguments: [true, false])
    func itOutlivesACrashAndAReboot(sameBoot: Bool) {
        let world = world()
        begin(world)
        world.pass(40)
        world.crash(sameBoot: sameBoot)
        world.pass(18)
        #expect(world.verdict("hangs") != .breached)
        world.pass(4)
        #expect(world.verdict("hangs") == .breached)
        #expect(end(world).status == .done)
        #expect(world.stored.services["shop"]?.operations == nil)
    }
}
