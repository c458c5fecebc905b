// Timers that outlive a restart and a reboot, each by DESIGN's sentence on durable deadlines.

import Testing

@testable import WatchCore

@Suite struct DurableTimerTests {
    private static let pageOnly = World.configuration(services: [
        World.service(triggers: [
            World.trigger("slow", "error_rate(access, 10s) > 25%", .high, .page)
        ])
    ])

    private func paged() -> World {
        let world = World.withBadRelease(Self.pageOnly)
        #expect(world.pass(upTo: 60) { !$0.pages.isEmpty })
        return world
    }

    /// Another boot, `off` for so long by the wall clock.
    private func reboot(_ world: World, off: Duration) {
        world.now.wall = world.now.wall + off
        world.crash(sameBoot: false)
    }

    @Test func anEscalationThatIsNotDueYetWaitsItsRestAfterAReboot() {
        let world = paged()
        world.pass(300)
        reboot(world, off: .seconds(60))
        world.pass(8 * 60)
        #expect(world.kinds("page.escalated").isEmpty)
        #expect(world.pass(upTo: 90) { !$0.kinds("page.escalated").isEmpty })
    }

    @Test func anEscalationThatFellDueInAnotherBootFiresAtOnce() {
        let world = paged()
        reboot(world, off: .hours(1))
        world.pass(1)
        #expect(world.kinds("page.escalated").count == 1)
    }

    @Test func anEscalationIsDueWhenTheWallClockWentBackwards() {
        let world = paged()
        reboot(world, off: .zero - .hours(5))
        world.pass(1)
        #expect(world.kinds("page.escalated").count == 1)
    }

    @Test func aDisarmedTimeGoesOnThroughAReboot() {
        let world = World()
        _ = world.command(.disarm(service: nil, for: .hours(2), reason: "night"))
        reboot(world, off: .minutes(10))
        #expect(!world.engine.isArmed(at: world.now))
        world.now.boot = world.now.boot + .minutes(111)
        #expect(world.engine.isArmed(at: world.now))
    }

    @Test func aDisarmedTimeIsNotOverWhenTheWallClockWentBackwards() {
        let world = World()
        _ = world.command(.disarm(service: nil, for: .hours(2), reason: "night"))
        reboot(world, off: .zero - .hours(20))
        world.now.boot = world.now.boot + .minutes(119)
        #expect(!world.engine.isArmed(at: world.now))
        world.now.boot = world.now.boot + .minutes(2)
        #expect(world.engine.isArmed(at: world.now))
    }

    @Test func probationGoesOnThroughAReboot() {
        let world = World.withBadRelease()
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        reboot(world, off: .seconds(10))
        world.pass(30)
        #expect(world.incident?.state == .recovered)
        #expect(world.pass(upTo: 30) { $0.incident == nil })
        #expect(world.messages.last?.message.kind == .resolve)
    }

    @Test func theCooldownIsNotElapsedWhenTheWallClockWentBackwards() {
        let world = World.withBadRelease()
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        world.pass(40 * 60)
        reboot(world, off: .zero - .hours(3))
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.lastDecision?.reason == "cooldown" })
        #expect(world.methodTasks.count == 1)
    }

    @Test func theLimitPerDayIsNotResetByAReboot() {
        let configuration = World.configuration(
            limits: Limits(maxRollbacks: 1, per: .hours(24), cooldown: .seconds(1)))
        let world = World.withBadRelease(configuration)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        reboot(world, off: .hours(2))
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.lastDecision?.reason == "limit-reached" })
        #expect(world.methodTasks.count == 1)
    }

    @Test func theLimitPerDayIsNotElapsedWhenTheWallClockWentBackwards() {
        let world = World.withBadRelease(
            World.configuration(
                limits: Limits(maxRollbacks: 1, per: .hours(1), cooldown: .seconds(1))))
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        world.pass(61 * 60)
        reboot(world, off: .zero - .hours(3))
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.lastDecision?.reason == "limit-reached" })
        #expect(world.methodTasks.count == 1)
    }

    /// A minute before the reboot, a minute while the host was down, and a minute after it.
    private func reboots(_ world: World, backwards: Bool = false) {
        world.pass(60)
        reboot(world, off: backwards ? .zero - .hours(2) : .seconds(60))
    }

    @Test func anApprovalsDeadlineGoesOnThroughAReboot() {
        let world = World.offering {
            $0.policy[.critical]?.approveWithin = .minutes(3)
            $0.policy[.critical]?.onTimeout = .hold
        }
        reboots(world)
        world.pass(55)
        #expect(world.offer != nil)
        world.pass(10)
        #expect(world.incident?.answer?.kind == .expired)
    }

    @Test func anApprovalsDeadlineIsDueWhenTheWallClockWentBackwards() {
        let world = World.offering {
            $0.policy[.critical]?.approveWithin = .minutes(3)
            $0.policy[.critical]?.onTimeout = .hold
        }
        reboots(world, backwards: true)
        world.pass(1)
        #expect(world.incident?.answer?.kind == .expired)
    }

    @Test func aHoldGoesOnThroughAReboot() {
        let world = World.offering()
        world.hold(.minutes(3))
        reboots(world)
        world.pass(55)
        #expect(world.kinds("hold.ended").isEmpty)
        world.pass(10)
        #expect(world.kinds("hold.ended").count == 1)
    }

    @Test func aSilenceGoesOnThroughAReboot() {
        let world = World.withBadRelease(Self.pageOnly)
        _ = world.silence(for: .minutes(3))
        reboots(world)
        world.pass(55)
        #expect(world.pages.isEmpty)
        world.pass(10)
        #expect(world.pages.count == 1)
    }

    @Test func theQuarterOfAnHourOfAHandedOverIncidentGoesOnThroughAReboot() {
        let world = World()
        world.answer = { world, task in
            let result = world.obey(task)
            world.errorRate = 0.4
            return result
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        world.command(.acknowledge(incident: world.id, comment: ""))
        world.errorRate = 0
        world.pass(10 * 60)
        // Windows restart with watchd: what was clear is unknown for a moment.
        reboot(world, off: .seconds(60))
        #expect(world.pass(upTo: 16 * 60) { $0.incident == nil })
        #expect(world.messages.last?.message.kind == .resolve)
    }

    @Test func aBreachIsNotNewAfterARestart() {
        // Two services whose old breaches seem to begin at once would look like a common cause.
        let trigger = World.trigger("slow", "error_rate(access, 10s) > 25%", .high, .page)
        let world = World(
            World.configuration(services: [
                World.service("shop", triggers: [trigger]),
                World.service("blog", triggers: [trigger]),
            ]))
        world.pass(20)
        world.errorRates = ["shop": 0.4]
        #expect(world.pass(upTo: 30) { $0.engine.openIncidents.count == 1 })
        world.pass(120)
        world.errorRates = ["shop": 0.4, "blog": 0.4]
        #expect(world.pass(upTo: 30) { $0.engine.openIncidents.count == 2 })
        world.crash()
        let times = ["shop", "blog"].compactMap {
            world.engine.services[$0]?.triggers["slow"]?.since.boot
        }
        #expect(times.count == 2 && abs((times[1] - times[0]).nanoseconds) > 60_000_000_000)
    }
}
