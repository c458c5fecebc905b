// A silence mutes pages: never detection, never action, never the message that something that was
// paged is over.

import Testing

@testable import WatchCore

@Suite struct SilenceTests {
    private static let pageOnly = World.configuration(services: [
        World.service(triggers: [
            World.trigger("slow", "error_rate(access, 10s) > 25%", .high, .page)
        ])
    ])

    @Test func aSilenceMutesPagesAndNotDetection() {
        let world = World.withBadRelease(Self.pageOnly)
        #expect(world.silence().status == .done)
        #expect(world.pass(upTo: 60) { $0.lastDecision != nil })
        #expect(world.lastDecision?.decision == "page")
        #expect(world.pages.isEmpty)
        #expect(world.incident?.muted == 1)
        #expect(world.kinds("page.muted").count == 1)
        #expect(world.incident?.mutedBy?.hasPrefix("silence:silence-") == true)
    }

    @Test func aSilenceNeverMutesAction() {
        let world = World.withBadRelease()
        _ = world.silence()
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
        // What watchd does is said all the same.
        #expect(world.messages.contains { $0.message.title.contains("rollback complete") })
    }

    @Test func aSilenceNeverMutesTheResolveOfWhatWasPaged() {
        let world = World.withBadRelease(Self.pageOnly)
        #expect(world.pass(upTo: 60) { !$0.pages.isEmpty })
        _ = world.silence()
        world.errorRate = 0
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(world.messages.last?.message.kind == .resolve)
    }

    @Test func whenASilenceEndsWithTheIncidentOpenAndUnpagedItIsPagedThen() {
        let world = World.withBadRelease(Self.pageOnly)
        _ = world.silence(for: .minutes(2))
        world.pass(100)
        #expect(world.pages.isEmpty)
        #expect(world.pass(upTo: 40) { !$0.pages.isEmpty })
        world.pass(60)
        #expect(world.pages == ["shop: slow"])
        #expect(world.kinds("silence.ended").count == 1)
    }

    @Test func whatEndedWithinASilenceIsNotPagedAfterIt() {
        let world = World.withBadRelease(Self.pageOnly)
        _ = world.silence(for: .minutes(2))
        world.pass(40)
        world.errorRate = 0
        world.pass(200)
        #expect(world.pages.isEmpty)
    }

    @Test func aSilenceOfATriggerMutesNoOther() {
        let service = World.service(triggers: [
            World.trigger("slow", "error_rate(access, 10s) > 25%", .high, .page),
            World.trigger("down", "failing(health) > 60%", .high, .page),
        ])
        let world = World.withBadRelease(World.configuration(services: [service]))
        #expect(world.silence("shop", "slow").status == .done)
        world.pass(40)
        #expect(world.pages.isEmpty)
        world.probePasses = false
        #expect(world.pass(upTo: 30) { !$0.pages.isEmpty })
        #expect(world.pages == ["shop: down"])
        #expect(world.silence("shop", "slwo").status == .notFound)
        #expect(world.silence("shpo").status == .notFound)
    }

    @Test func aSilenceBySeverityOfTheConfigurationMutesOnlyThat() {
        var configuration = Self.pageOnly
        configuration.silences = [
            SilenceRule(
                name: "night", severities: [.medium],
                time: .once(from: nil, to: .seconds(1_900_000_000)), reason: "not at night")
        ]
        let high = World.withBadRelease(configuration)
        #expect(high.pass(upTo: 60) { !$0.pages.isEmpty })
        configuration.silences[0].severities = [.high]
        let muted = World.withBadRelease(configuration)
        muted.pass(60)
        #expect(muted.pages.isEmpty)
        #expect(muted.incident?.mutedBy == "silence:night")
        #expect(muted.command(.endSilence(id: "night")).reason == "configured")
    }

    @Test func aSilenceThatAPersonEndsIsOverAtOnce() throws {
        let world = World.withBadRelease(Self.pageOnly)
        let reply = world.silence()
        let id = try #require(reply.message.split(separator: ":").first.map(String.init))
        world.pass(60)
        let ended = world.command(.endSilence(id: id))
        #expect(ended.message == "\(id) is over; it kept 1 page back")
        #expect(world.pages == ["shop: slow"])
        #expect(world.command(.endSilence(id: id)).status == .notFound)
    }

    @Test func theRouteWaitsWhileItIsSilencedAndThenGoesOn() {
        let world = World.withBadRelease(Self.pageOnly)
        #expect(world.pass(upTo: 60) { !$0.pages.isEmpty })
        _ = world.silence(for: .minutes(20))
        world.pass(16 * 60)
        #expect(world.kinds("page.escalated").isEmpty)
        #expect(world.pass(upTo: 5 * 60) { !$0.kinds("page.escalated").isEmpty })
    }

    @Test func aSilenceHasABound() {
        let world = World()
        #expect(world.silence(for: .days(31)).reason == "too-long")
        for _ in 0..<QuietState.limit { #expect(world.silence().status == .done) }
        #expect(world.silence().reason == "too-many")
    }

    @Test func aSilenceOutlivesACrash() {
        let world = World.withBadRelease(Self.pageOnly)
        _ = world.silence()
        world.pass(60)
        world.crash()
        world.pass(60)
        #expect(world.pages.isEmpty)
        #expect(world.incident != nil)
    }
}
