// DESIGN §4 "Knowing the version", a test for each sentence that the engine answers for. How a
// source is asked (cached answers, charset, links) is tested with the sources.

import Testing

@testable import WatchCore

@Suite struct KnowingTheVersionTests {
    private func world(_ sources: VersionSource...) -> World {
        World(World.configuration(services: [World.service(version: sources)]))
    }

    @Test func theFirstSourceThatAnswersCounts() {
        let world = world(World.source("a"), World.source("b"))
        world.reads = { _, _, source in World.says(source == 0 ? "1.0.0" : "9.9.9") }
        world.pass(5)
        #expect(world.runs == "1.0.0")
        world.reads = { _, _, source in source == 0 ? World.silent : World.says("1.1.0") }
        world.pass(5)
        #expect(world.runs == "1.1.0")
    }

    @Test func theOthersAreComparedWithIt() {
        let world = world(World.source("a"), World.source("b"))
        world.reads = { _, _, source in World.says(source == 0 ? "1.0.0" : "9.9.9") }
        world.pass(5)
        #expect(world.deployments.count == 1)
        #expect(world.status?.releaseNote?.hasPrefix("version-disagreement") ?? false)
        #expect(world.status?.releaseNote?.contains("symlink:b says 9.9.9") ?? false)
    }

    @Test func anAnnouncementCountsUntilAnotherSourceReadsAChange() {
        let world = World()
        world.pass(5)
        world.announce("2.0.0")
        world.pass(300)
        // The source reads what it read before: that is no change.
        #expect(world.runs == "2.0.0")
        world.version = "3.0.0"
        world.pass(2)
        #expect(world.runs == "3.0.0")
        #expect(world.deployments.count == 3)
    }

    @Test func whereThereIsAnotherSourceAnAnnouncementCountsForTenMinutesAtMost() {
        let world = World()
        world.pass(5)
        world.announce("2.0.0")
        world.pass(600)
        #expect(world.runs == "2.0.0")
        world.pass(2)
        #expect(world.runs == "1.0.0")
        #expect(world.kinds("release.unconfirmed").count == 1)
        // It ran all the time, and is no newer for having been misnamed.
        #expect(world.deployments.last?.began.boot == world.deployments.first?.began.boot)
    }

    @Test func anAnnouncementEndsAlsoWhenNoSourceAnswersAnyMore() {
        let world = World()
        world.pass(5)
        world.sourceAnswers = false
        world.announce("2.0.0")
        world.pass(600)
        #expect(world.status?.releaseNote == nil)
        world.pass(2)
        #expect(world.engine.services["shop"]?.tracker.isUnknown ?? false)
    }

    @Test func aSourceThatWasSilentAndNamesTheOldReleaseReadsNoChange() {
        let world = World()
        world.pass(5)
        world.sourceAnswers = false
        world.pass(5)
        world.announce("2.0.0")
        world.sourceAnswers = true
        world.pass(30)
        #expect(world.runs == "2.0.0")
        world.version = "2.0.0"
        world.pass(30)
        #expect(world.deployments.count == 2)
    }

    @Test func withoutAnotherSourceAnAnnouncementHoldsThroughAReboot() {
        let world = world()
        world.announce("1.0.0")
        world.pass(2000)
        #expect(world.runs == "1.0.0")
        world.restart(sameBoot: false, off: 60)
        world.pass(5)
        #expect(!(world.engine.services["shop"]?.tracker.isUnknown ?? true))
    }

    @Test func anAnnouncementSaidAgainHoldsNoLonger() {
        let world = World()
        world.pass(5)
        world.announce("2.0.0")
        world.pass(400)
        world.announce("2.0.0")
        world.pass(205)
        #expect(world.runs == "1.0.0")
    }

    @Test func valuesOfAnAnnouncementMustMatchTheCharset() {
        let world = World()
        world.pass(5)
        for (version, commit, fields) in [
            ("2.0.0; reboot", nil, [:]), ("--help", nil, [:]), ("2.0.0", "a b", [:]),
            ("2.0.0", nil, ["deployment": "$(x)"]), ("2.0.0", nil, ["a b": "x"]),
        ] as [(String, String?, [String: String])] {
            world.announce(version, commit, fields: fields)
        }
        #expect(world.deployments.count == 1)
    }

    @Test func aChangeCountsAfterTwoEqualReads() {
        let world = World()
        world.pass(5)
        world.pass(reading: "2.0.0")
        #expect(world.runs == "1.0.0")
        world.pass(reading: "2.0.0")
        #expect(world.runs == "2.0.0")
    }

    @Test func aReleaseThatComesBackMakesTheVersionMixed() {
        let world = World()
        world.pass(20)
        let first = world.now.boot + .seconds(1)
        world.pass(reading: "2.0.0", "1.0.0", "2.0.0", "1.0.0", "1.0.0", "2.0.0")
        #expect(world.status?.releaseNote?.hasPrefix("mixed") ?? false)
        #expect(world.kinds("release.mixed").count == 1)
        // One deployment, of the member first seen last, begun at its first read.
        #expect(world.deployments.count == 2)
        #expect(world.runs == "2.0.0")
        #expect(world.deployments.last?.began.boot == first)
    }

    @Test func tenEqualReadsEndAMixAndBeginADeploymentAtTheFirstOfThem() {
        let world = World()
        world.pass(20)
        world.pass(reading: "2.0.0", "1.0.0", "2.0.0")
        let first = world.now.boot + .seconds(1)
        world.version = "1.0.0"
        world.pass(9)
        #expect(world.runs == "2.0.0")
        world.pass(1)
        #expect(world.runs == "1.0.0")
        #expect(world.deployments.last?.began.boot == first)
        #expect(world.kinds("release.mixed-ended").count == 1)
    }

    @Test func aThirdReleaseDeployedIntoAMixIsAnotherDeployment() {
        let world = World()
        world.pass(20)
        world.pass(reading: "2.0.0", "1.0.0", "2.0.0")
        world.pass(reading: "3.0.0", "3.0.0")
        #expect(world.runs == "3.0.0")
        #expect(world.deployments.count == 3)
        // And to and fro of all three begins no other.
        world.pass(reading: "1.0.0", "1.0.0", "3.0.0", "2.0.0", "2.0.0", "3.0.0")
        #expect(world.deployments.count == 3)
    }

    @Test func aRollOutThatWasAnnouncedIsMixedToo() {
        let world = World()
        world.pass(20)
        world.announce("2.0.0")
        world.pass(reading: "1.0.0", "2.0.0", "1.0.0", "2.0.0", "1.0.0", "1.0.0")
        #expect(world.kinds("release.mixed").count == 1)
        #expect(world.deployments.count == 2)
        #expect(world.runs == "2.0.0")
    }

    @Test func goingBackByAnnouncementIsNoMix() {
        let world = World()
        world.pass(20)
        world.pass(reading: "2.0.0", "2.0.0", "2.0.0")
        world.announce("1.0.0")
        world.pass(reading: "2.0.0", "1.0.0", "1.0.0", "1.0.0")
        #expect(world.kinds("release.mixed").isEmpty)
        #expect(world.runs == "1.0.0")
        #expect(world.deployments.count == 3)
    }

    @Test func aRestartInTheMiddleOfAMixBeginsNoDeployment() {
        let world = World()
        world.pass(20)
        world.pass(reading: "2.0.0", "1.0.0", "2.0.0", "1.0.0")
        world.crash()
        world.pass(reading: "2.0.0", "1.0.0", "2.0.0", "1.0.0", "2.0.0")
        #expect(world.deployments.count == 2)
        #expect(world.runs == "2.0.0")
    }

    @Test func watchdsOwnRollbackMakesNothingMixed() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.kinds("release.mixed").isEmpty)
    }

    @Test func landedTakesTenReadsOfAMixedVersion() {
        let world = World()
        #expect(world.bakeFirst())
        world.pass(reading: "2.0.0", "1.0.0", "2.0.0", "1.0.0", "2.0.0")
        world.errorRate = 0.6
        var flips = 0
        world.reads = { world, _, _ in
            guard world.methodTasks.isEmpty else { return World.says("1.0.0") }
            flips += 1
            return World.says(flips % 2 == 0 ? "2.0.0" : "1.0.0")
        }
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        var reads = 0
        let began = world.now.boot
        #expect(
            world.pass(upTo: 30) { world in
                reads = Int(world.now.boot.second - began.second)
                return !world.kinds("verify.landed").isEmpty
            })
        // One a second by schedule and one every two seconds by itself.
        #expect(reads >= 6)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func whenNoSourceAnswersTheReleaseIsUnknown() {
        let world = World()
        world.pass(5)
        world.sourceAnswers = false
        world.pass(2)
        #expect(world.engine.services["shop"]?.tracker.isUnknown ?? false)
        #expect(world.status?.releaseNote == "no such file")
    }

    @Test func sourcesThatAgreeOnTheVersionCompleteOneAnothersFields() {
        let world = world(World.source("a"), World.source("b"))
        // The second one lags behind when the deployment becomes known.
        world.reads = { _, _, source in World.says(source == 0 ? "2.0.0" : "1.0.0") }
        world.pass(5)
        world.reads = { _, _, source in
            source == 0 ? World.says("2.0.0") : World.says("2.0.0", nil, ["deployment": "d7"])
        }
        world.pass(5)
        #expect(world.state.book.release(version: "2.0.0")?.fields["deployment"] == "d7")
        #expect(world.deployments.count == 1)
    }

    @Test func aMissingCommitEqualsAny() {
        let world = World()
        world.pass(5)
        var second = 0
        world.reads = { _, _, _ in
            second += 1
            return World.says("1.0.0", second % 2 == 0 ? nil : "4f2c1d0")
        }
        world.pass(20)
        #expect(world.deployments.count == 1)
        #expect(world.state.book.running?.release.commit == "4f2c1d0")
        world.reads = { _, _, _ in World.says("1.0.0", "0000000") }
        world.pass(5)
        #expect(world.deployments.count == 2)
    }

    @Test func aFieldThatChangesWithEachReadIsNotWrittenEachTime() {
        let world = World()
        #expect(world.bakeFirst())
        var second = 0
        world.reads = { _, _, _ in
            second += 1
            return World.says("1.0.0", nil, ["instance": "i-\(second)"])
        }
        world.pass(2)
        let before = world.transactions
        world.pass(20)
        #expect(world.transactions == before)
        #expect(world.state.book.release(version: "1.0.0")?.fields["instance"] == "i-\(second)")
    }

    @Test func deployedAtIsOnlyShown() {
        let world = World()
        world.pass(5)
        world.reads = { world, _, _ in
            World.says("1.0.0", nil, ["deployed_at": "\(world.now.boot.second)"])
        }
        world.pass(20)
        #expect(world.deployments.count == 1)
        #expect(world.state.book.release(version: "1.0.0")?.fields["deployed_at"] != nil)
    }

    @Test func capturedFieldsAreVariablesOfPlans() {
        let world = World()
        world.reads = { world, _, _ in World.says(world.version, "c\(world.version)", ["n": "7"]) }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        let variables = world.tasks.last?.variables ?? [:]
        #expect(variables["from.commit"] == "c2.0.0")
        #expect(variables["to.commit"] == "c1.0.0")
        #expect(variables["to.n"] == "7")
    }

    // MARK: - Before the first step, and before each later method

    /// A world whose gate waits, so that the world can change before the first step.
    private func worldAtGate() -> (World, StepTask?) {
        let gate = Gate(
            name: "ready", action: .unit(name: "gate", with: nil), timeout: .seconds(60))
        let world = World(World.configuration(plan: World.plan(gates: [gate])))
        world.answer = { world, task in
            task.title.hasPrefix("gate") ? nil : world.obey(task)
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { !$0.tasks.isEmpty })
        return (world, world.tasks.last)
    }

    @Test func noBreachLeftBeforeTheFirstStepIsCleared() {
        let (world, gate) = worldAtGate()
        world.errorRate = 0
        world.pass(30)
        if let gate { world.finish(gate, TaskResult(ending: .exited(0))) }
        world.pass(5)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.state == .cleared)
    }

    @Test func aPersonsRollbackGoesOnWithoutABreach() {
        let gate = Gate(
            name: "ready", action: .unit(name: "gate", with: nil), timeout: .seconds(60))
        let world = World(World.configuration(plan: World.plan(gates: [gate])))
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(30)
        world.command(
            .rollback(
                service: "shop", to: nil, reason: "a customer called", dryRun: false,
                force: false))
        #expect(world.pass(upTo: 60) { $0.runs == "1.0.0" })
        #expect(world.methodTasks.count == 1)
    }

    @Test func anotherReleaseBeforeTheFirstStepIsReleaseChanged() {
        let (world, gate) = worldAtGate()
        world.deploy("2.0.1")
        if let gate { world.finish(gate, TaskResult(ending: .exited(0))) }
        world.pass(5)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.state == .superseded)
        #expect(world.kinds("rollback.withdrawn").last?.reason == "release-changed")
    }

    @Test func anotherReleaseThatWasAnnouncedBeforeTheFirstStepIsReleaseChangedToo() {
        let (world, gate) = worldAtGate()
        world.errorRate = 0
        world.announce("2.0.1")
        if let gate { world.finish(gate, TaskResult(ending: .exited(0))) }
        world.pass(5)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.state == .superseded)
        #expect(world.kinds("rollback.withdrawn").last?.reason == "release-changed")
    }

    @Test func theTargetItselfGoesStraightToVerification() {
        let (world, gate) = worldAtGate()
        // Longer than a return makes the version mixed.
        world.pass(12)
        world.deploy("1.0.0")
        if let gate { world.finish(gate, TaskResult(ending: .exited(0))) }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.isEmpty)
    }

    @Test func aThirdReleaseBeforeALaterMethodIsHandedOver() {
        let world = World()
        #expect(world.bakeFirst())
        world.answer = { world, _ in
            world.version = "3.0.0"
            return TaskResult(ending: .exited(1))
        }
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "release-changed")
        #expect(world.methodTasks.count == 1)
    }
}
