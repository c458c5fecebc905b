// DESIGN §5 "People", the engine's part: who is told next, that whatever was paged is resolved, and
// that receivers can tell which messages are about one thing.

import Testing

@testable import WatchCore

@Suite struct PeopleTests {
    private func paged() -> World {
        let storm = World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, .page)
        let world = World.withBadRelease(
            World.configuration(services: [World.service(triggers: [storm])]))
        #expect(world.pass(upTo: 60) { !$0.pages.isEmpty })
        return world
    }

    private func channels(_ world: World, _ kind: Message.Kind) -> [String] {
        world.messages.filter { $0.message.kind == kind }.map(\.channel)
    }

    @Test func whenNobodyAnswersInTimeTheNextStepOfTheRouteIsTold() {
        let world = paged()
        #expect(channels(world, .page) == ["chat"])
        world.pass(299)
        #expect(channels(world, .page) == ["chat"])
        world.pass(1)
        #expect(Set(channels(world, .page)) == ["chat", "mail"])
        #expect(world.kinds("page.escalated").count == 1)
    }

    @Test func whoAnswersInTimeIsTheLastWhoIsTold() {
        let world = paged()
        world.pass(200)
        world.command(.acknowledge(incident: world.id, comment: "looking"))
        world.pass(3600)
        #expect(channels(world, .page) == ["chat"])
    }

    @Test func whatWasPagedIsResolvedInEachPlaceThatHeardOfIt() {
        let world = paged()
        #expect(world.pass(upTo: 310) { $0.messages.contains { $0.channel == "mail" } })
        world.errorRate = 0
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(channels(world, .resolve).sorted() == ["chat", "mail"])
    }

    /// A route of which a reload leaves nothing does not keep the message from where it is due.
    @Test func itIsResolvedInTheSamePlaceThoughTheRouteIsAnotherNow() {
        let world = paged()
        var next = world.configuration
        next.routes = [RouteConfiguration(name: "oncall", steps: [["mail"]])]
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        world.errorRate = 0
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(channels(world, .resolve).contains("chat"))
    }

    @Test func whatWasNotPagedIsNotResolved() {
        let low = World.trigger("storm", "error_rate(access, 10s) > 25%", .low)
        let world = World(World.configuration(services: [World.service(triggers: [low])]))
        world.errorRate = 0.5
        #expect(world.pass(upTo: 40) { $0.incident != nil })
        world.errorRate = 0
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(world.messages.isEmpty)
    }

    @Test func allMessagesOfAnIncidentHaveOneKeyAndEachItsOwnId() {
        let world = paged()
        world.pass(310)
        let first = world.id
        world.errorRate = 0
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(Set(world.messages.map(\.message.dedupKey)) == ["watchd/\(first)"])
        world.errorRate = 0.5
        #expect(world.pass(upTo: 60) { $0.incident != nil })
        world.pass(2)
        #expect(world.messages.last?.message.dedupKey == "watchd/\(world.id)")
        #expect(world.id != first)
        #expect(Set(world.messages.map(\.id)).count == world.messages.count)
    }

    @Test func eachMessageCarriesFiguresAndTheCommandToLook() {
        let world = paged()
        let page = world.lastPage
        #expect(page?.text.contains("error_rate(access, 10s) = ") ?? false)
        #expect(
            page?.fields.contains(Message.Field("look", "watchctl incident \(world.id)")) ?? false)
    }
}
