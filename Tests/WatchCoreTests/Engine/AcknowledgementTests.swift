// Acknowledgements expire; then the route goes on.

import Testing

@testable import WatchCore

@Suite struct AcknowledgementTests {
    private func acknowledged(expires: Duration = .minutes(30)) -> World {
        var configuration = World.configuration(services: [
            World.service(triggers: [
                World.trigger("slow", "error_rate(access, 10s) > 25%", .high, .page)
            ])
        ])
        configuration.policy[.high]?.ackExpires = expires
        let world = World.withBadRelease(configuration)
        #expect(world.pass(upTo: 60) { !$0.pages.isEmpty })
        let id = world.incident?.id ?? ""
        #expect(world.command(.acknowledge(incident: id, comment: "")).status == .done)
        return world
    }

    @Test func anAcknowledgementStopsTheRouteUntilItExpires() {
        let world = acknowledged()
        world.pass(29 * 60)
        #expect(world.pages.count == 1)
        #expect(world.pass(upTo: 120) { $0.pages.count > 1 })
        #expect(world.incident?.acknowledgedBy == nil)
        #expect(world.kinds("ack.expired").count == 1)
        // The next step of the route, and those before it.
        #expect(Set(world.messages.suffix(2).map(\.channel)) == ["chat", "mail"])
    }

    @Test func fourHoursIsTheDefault() {
        #expect(Policy.defaults.values.allSatisfy { $0.ackExpires == .hours(4) })
    }

    @Test func whoAnswersAgainIsGivenTheWholeTimeAgain() {
        let world = acknowledged()
        world.pass(31 * 60)
        let pages = world.pages.count
        let id = world.incident?.id ?? ""
        _ = world.command(.acknowledge(incident: id, comment: "still on it"))
        world.pass(29 * 60)
        #expect(world.pages.count == pages)
    }

    @Test func whatIsOverNeedsNoAnswer() {
        let world = acknowledged(expires: .seconds(40))
        world.errorRate = 0
        world.pass(200)
        #expect(world.kinds("ack.expired").isEmpty)
        #expect(world.pages.count == 1)
    }

    @Test func anAcknowledgementExpiresThroughAReboot() {
        let world = acknowledged()
        world.pass(60)
        world.now.wall = world.now.wall + .hours(1)
        world.crash(sameBoot: false)
        world.pass(1)
        #expect(world.kinds("ack.expired").count == 1)
    }

    @Test func anAcknowledgementOfAnOlderWatchdExpiresToo() {
        let world = acknowledged()
        var state = world.stored
        state.services["shop"]?.incident?.acknowledgedUntil = nil
        world.restart(from: state)
        #expect(world.pass(upTo: 31 * 60) { !$0.kinds("ack.expired").isEmpty })
    }
}
