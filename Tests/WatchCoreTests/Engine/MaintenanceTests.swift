// In maintenance nothing is rolled back and nobody is paged for what triggers say; detection goes
// on, and a breach that outlives it is not forgotten.

import Testing

@testable import WatchCore

@Suite struct MaintenanceTests {
    @Test func aForbiddenRollbackIsARecordInMaintenance() {
        let world = World.withBadRelease()
        #expect(world.maintain().status == .done)
        #expect(world.pass(upTo: 60) { $0.lastDecision != nil })
        #expect(world.lastDecision?.decision == "record")
        #expect(world.lastDecision?.reason == "maintenance")
        world.pass(60)
        #expect(world.methodTasks.isEmpty)
        #expect(world.pages.isEmpty)
        #expect(world.incident?.state == .open)
        #expect(world.incident?.mutedBy?.hasPrefix("maintenance:maintenance-") == true)
    }

    @Test func aPageIsARecordInMaintenanceToo() {
        let service = World.service(triggers: [
            World.trigger("slow", "error_rate(access, 10s) > 25%", .high, .page)
        ])
        let world = World.withBadRelease(World.configuration(services: [service]))
        _ = world.maintain()
        #expect(world.pass(upTo: 60) { $0.lastDecision != nil })
        #expect(world.lastDecision?.decision == "record")
        #expect(world.lastDecision?.reason == "maintenance")
        #expect(world.pages.isEmpty)
    }

    @Test func aMaintenanceLastsNoLongerThanWantedWhenTheClockIsSetBackOverABoot() {
        let world = World(World.configuration())
        world.pass(5)
        // Nothing else was written down since.
        world.now.wall = world.now.wall + .seconds(3600)
        _ = world.maintain(for: .seconds(20))
        world.now.wall = world.now.wall + .seconds(-30)
        world.crash(sameBoot: false)
        world.pass(19)
        #expect(world.kinds("maintenance.ended").isEmpty)
        #expect(world.pass(upTo: 2) { !$0.kinds("maintenance.ended").isEmpty })
    }

    @Test func theFirstFailingConditionIsTheReasonInMaintenanceToo() {
        let world = World(World.configuration(), armed: false)
        #expect(world.pass(upTo: 60) { !$0.kinds("release.good").isEmpty })
        _ = world.maintain()
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.lastDecision != nil })
        #expect(world.lastDecision?.decision == "record")
        #expect(world.lastDecision?.reason == "disarmed")
    }

    @Test func detectionAlwaysRunsInMaintenance() {
        let world = World.withBadRelease()
        _ = world.maintain()
        #expect(world.pass(upTo: 60) { !$0.kinds("trigger.breached").isEmpty })
        world.errorRate = 0
        #expect(world.pass(upTo: 60) { !$0.kinds("trigger.cleared").isEmpty })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(world.messages.isEmpty)
    }

    @Test func aBreachThatStillStandsWhenMaintenanceEndsIsPagedAndNotRolledBack() {
        let world = World.withBadRelease()
        _ = world.maintain(for: .minutes(2))
        world.pass(100)
        #expect(world.pages.isEmpty)
        #expect(world.pass(upTo: 30) { !$0.pages.isEmpty })
        #expect(world.pages == ["shop: storm, not rolled back: maintenance"])
        world.pass(60)
        #expect(world.methodTasks.isEmpty)
        #expect(world.pages.count == 1)
        #expect(world.lastDecision?.decision == "page")
        #expect(world.lastDecision?.reason == "maintenance")
    }

    @Test func whatClearedInMaintenanceIsNeverPaged() {
        let world = World.withBadRelease()
        _ = world.maintain(for: .minutes(3))
        world.pass(60)
        world.errorRate = 0
        world.pass(300)
        #expect(world.messages.isEmpty)
        #expect(world.incident == nil)
    }

    @Test func whatIsOnlyRecordedIsNotPagedInPlaceOfWhatCleared() {
        let service = World.service(triggers: [
            World.trigger("down", "failing(health) > 60%", .critical, .page),
            World.trigger("busy", "count(access, 10s) >= 1", .low, .page),
        ])
        let world = World(World.configuration(services: [service]))
        _ = world.maintain(for: .minutes(3))
        world.probePasses = false
        world.pass(60)
        #expect(world.kinds("trigger.breached").map(\.trigger).contains("down"))
        world.probePasses = true
        world.pass(240)
        #expect(world.verdict("down") == .healthy)
        #expect(world.verdict("busy") == .breached)
        #expect(world.pages.isEmpty)
    }

    @Test func maintenanceThatAPersonEndsIsOverAtOnce() {
        let world = World.withBadRelease()
        _ = world.maintain()
        world.pass(60)
        #expect(world.pages.isEmpty)
        let reply = world.command(.endMaintenance(service: "shop"))
        #expect(reply.status == .done)
        #expect(world.pages == ["shop: storm, not rolled back: maintenance"])
        #expect(world.command(.endMaintenance(service: "shop")).status == .notFound)
    }

    @Test func aNewBreachAfterMaintenanceIsRolledBackAsAlways() {
        let world = World.withBadRelease(errorRate: 0)
        _ = world.maintain(for: .minutes(1))
        world.pass(70)
        world.errorRate = 0.4
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
    }

    @Test func maintenanceThatBeginsBeforeTheFirstStepStopsTheRollback() {
        let gate = Gate(
            name: "ready", action: .unit(name: "gate", with: nil), timeout: .seconds(5))
        let world = World(World.configuration(plan: World.plan(gates: [gate])))
        #expect(world.bakeFirst())
        world.answer = { _, _ in nil }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { !$0.tasks.isEmpty })
        _ = world.maintain()
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(20)
        #expect(world.methodTasks.isEmpty)
        #expect(world.kinds("rollback.withdrawn").last?.reason == "maintenance")
        #expect(world.pages.isEmpty)
    }

    @Test func maintenanceOutlivesACrashAndAReboot() {
        let world = World.withBadRelease()
        _ = world.maintain(for: .minutes(10))
        world.pass(30)
        world.crash()
        world.pass(60)
        world.crash(sameBoot: false)
        world.pass(60)
        #expect(world.pages.isEmpty)
        #expect(world.methodTasks.isEmpty)
        #expect(world.pass(upTo: 500) { !$0.pages.isEmpty })
        #expect(world.methodTasks.isEmpty)
    }

    @Test func aWindowOfTheConfigurationCountsForItsServicesOnly() {
        var configuration = World.configuration()
        // The world begins on a Friday at 08:00 UTC.
        let window = WeeklyWindow(days: [.fri], from: 8 * 60, to: 9 * 60, zone: .utc)
        configuration.maintenance = [
            MaintenanceWindow(name: "elsewhere", services: ["other"], time: .weekly(window))
        ]
        let other = World.withBadRelease(configuration)
        #expect(other.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        configuration.maintenance[0].services = ["shop"]
        configuration.maintenance[0].name = "friday"
        let world = World.withBadRelease(configuration)
        #expect(world.pass(upTo: 60) { $0.lastDecision != nil })
        #expect(world.lastDecision?.reason == "maintenance")
        #expect(world.incident?.mutedBy == "maintenance:friday")
        #expect(world.command(.endMaintenance(service: "shop")).reason == "configured")
        #expect(world.pass(upTo: 3600) { !$0.pages.isEmpty })
    }

    @Test func aPersonCanStillRollBackInMaintenance() {
        let world = World.withBadRelease()
        _ = world.maintain()
        world.pass(30)
        let reply = world.command(
            .rollback(service: "shop", to: nil, reason: "now", dryRun: false, force: false))
        #expect(reply.status == .done)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
    }

    @Test func whatAPersonDeclaresIsPagedInMaintenance() {
        let world = World()
        _ = world.maintain()
        _ = world.command(.declare(service: "shop", severity: .critical, reason: "data is lost"))
        #expect(world.pages.count == 1)
    }
}
