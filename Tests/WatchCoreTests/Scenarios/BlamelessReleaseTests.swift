// Stories in which the release is not the cause, or nobody can know. Each one made an earlier
// design roll back a good release.

import Testing

@testable import WatchCore

@Suite struct BlamelessReleaseTests {
    @Test func aDatabaseOutageThreeHoursAfterAGoodRelease() {
        let world = World.open()
        world.deploy("1.1.0")
        world.pass(minutes: 180)
        #expect(world.standing("1.1.0") == .good)
        world.deploy("1.1.0", errorRate: 0.8, passes: false)
        world.pass(minutes: 20)
        #expect(world.methodTasks.isEmpty)
        #expect(Set(world.decisions) == ["page no-release-suspect"])
        #expect(world.runs == "1.1.0")
        world.deploy("1.1.0")
        // It clears, closes after its probation, and says so where it paged.
        #expect(world.pass(upTo: 300) { $0.incident?.state == .cleared })
        #expect(world.pass(upTo: 1000) { $0.incident == nil })
        #expect(world.messages.last?.message.kind == .resolve)
        #expect(world.standing("1.1.0") == .good)
    }

    @Test func aDeploymentDuringAnOutage() {
        let world = World.open()
        world.deploy("1.0.0", errorRate: 0.8, passes: false)
        #expect(world.pass(upTo: 300) { $0.incident != nil })
        world.pass(minutes: 1)
        // Somebody hopes that the new release helps.
        world.version = "1.1.0"
        world.pass(minutes: 10)
        #expect(world.methodTasks.isEmpty)
        #expect(world.decisions.last == "page breach-predates-release")
        #expect(world.runs == "1.1.0")
        world.deploy("1.1.0")
        #expect(world.pass(upTo: 1500) { $0.incident == nil })
    }

    @Test func aSecondServiceBrokenByTheSameDatabase() {
        let world = World.open(World.shop(more: ["blog"]))
        // Both were deployed this morning, each by itself.
        world.deploy("1.1.0")
        world.pass(minutes: 5)
        // The shop suffers more than the blog, which crosses its threshold a moment later.
        world.logs = { world, service in world.batch(50, errors: service == "shop" ? 40 : 39) }
        world.pass(minutes: 10)
        #expect(world.methodTasks.isEmpty)
        #expect(world.decisions.contains("page common-cause"))
        #expect(world.engine.openIncidents.count == 2)
    }

    @Test func trafficToZero() {
        let world = World.open()
        world.deploy("1.1.0")
        world.pass(minutes: 5)
        world.requestsPerSecond = 0
        world.pass(minutes: 60)
        #expect(world.incident == nil)
        #expect(world.verdict("5xx storm") == .insufficient)
        #expect(world.methodTasks.isEmpty)
        // The probes still speak for it.
        #expect(world.verdict("endpoints down") == .healthy)
        #expect(world.standing("1.1.0") == .good)
    }

    @Test func trafficToZeroDoesNotClearABreach() {
        let world = World.open(
            World.shop(change: { $0.triggers[0].mode = .page }))
        world.deploy("1.1.0", errorRate: 0.5)
        #expect(world.pass(upTo: 300) { $0.incident != nil })
        world.requestsPerSecond = 0
        world.pass(minutes: 60)
        #expect(world.verdict("5xx storm") == .breached)
        #expect(world.incident?.state == .awaitingApproval)
    }

    @Test func aReleaseThatChangesItsLogFormat() {
        let world = World.open()
        world.deploy("1.1.0")
        world.logs = { _, _ in
            var batch = StreamBatch(lines: 5)
            batch.losses.unparsed = 5
            return batch
        }
        world.pass(minutes: 60)
        #expect(world.verdict("5xx storm") == .blind)
        #expect(world.methodTasks.isEmpty)
        #expect(!world.decisions.contains { $0.hasPrefix("rollback") })
        // What could not be measured is no evidence of health either.
        #expect(world.standing("1.1.0") == .baking)
        world.logs = nil
        world.pass(minutes: 35)
        #expect(world.standing("1.1.0") == .good)
    }

    @Test func sparseTrafficWithOneFailureInTenRequestsAnHour() {
        let world = World.open()
        world.deploy("1.1.0")
        world.logs = { world, _ in
            let second = world.now.boot.second
            guard second % 360 == 0 else { return StreamBatch() }
            return world.batch(1, errors: second % 3600 == 0 ? 1 : 0)
        }
        world.pass(minutes: 180)
        #expect(world.methodTasks.isEmpty)
        #expect(world.kinds("trigger.breached").isEmpty)
    }

    @Test func oneStrayErrorOnAnIdleHost() {
        let world = World.open()
        world.deploy("1.1.0")
        world.logs = { world, _ in
            world.now.boot.second == world.began.second + 600
                ? world.batch(1, errors: 1) : StreamBatch()
        }
        world.began = world.now.boot
        world.pass(minutes: 30)
        #expect(world.incident == nil)
        #expect(world.kinds("trigger.breached").isEmpty)
    }

    @Test func aSlowBoot() {
        let world = World.open()
        // Half a minute of nothing but 502, and probes that are refused for nearly two.
        world.deploy("1.1.0", errorRate: 1, passes: false)
        world.pass(28)
        world.errorRate = 0
        world.pass(80)
        world.deploy("1.1.0")
        world.pass(minutes: 40)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident == nil)
        #expect(world.standing("1.1.0") == .good)
    }

    @Test func aSecondOf502() {
        let world = World.open()
        world.deploy("1.1.0", errorRate: 1, passes: false)
        world.pass(1)
        world.deploy("1.1.0")
        world.pass(minutes: 5)
        #expect(world.incident == nil)
        #expect(world.kinds("trigger.breached").isEmpty)
    }

    @Test func aCertificateAtThirteenDaysBesideAFlakySignIn() {
        // The certificate is somebody's task for this week, and no release's fault.
        let certificate = TriggerConfiguration(
            name: "certificate", when: World.expression("up(certificate) < 1"), severity: .medium)
        let world = World(World.shop(triggers: [certificate]))
        world.requestsPerSecond = 5
        world.finds = { world, _, probe in
            switch probe {
            case "certificate": .fail("expires in 13 d, expected > 14 d")
            // Every fifth sign-in fails, never two in a row.
            case "signin": world.now.boot.second % 150 == 0 ? .fail("status 500") : .pass
            default: world.probePasses ? .pass : .fail("connection refused")
            }
        }
        world.pass(minutes: 150)
        #expect(world.verdict("certificate") == .breached)
        #expect(world.methodTasks.isEmpty)
        // Releases become good beside it …
        #expect(world.standing("1.0.0") == .good)
        world.deploy("1.1.0")
        world.pass(minutes: 40)
        #expect(world.standing("1.1.0") == .good)
        #expect(world.methodTasks.isEmpty)
        // … and a bad one is blamed for what it does.
        world.deploy("1.2.0", errorRate: 0.8)
        #expect(world.pass(upTo: 300) { !$0.methodTasks.isEmpty })
        #expect(world.decisions.last == "rollback trigger:5xx storm")
    }
}
