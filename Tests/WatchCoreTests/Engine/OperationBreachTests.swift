// A guarded operation that goes wrong is an incident of its service, decided like any other.

import Testing

@testable import WatchCore

@Suite struct OperationBreachTests {
    private func world(_ rules: OperationRules = OperationRules()) -> World {
        var service = World.service()
        service.operations = rules
        return World(World.configuration(services: [service]))
    }

    private static let automatic = OperationRules(severity: .critical, mode: .auto)

    @discardableResult
    private func begin(
        _ world: World, release: String? = nil, estimate: Duration? = .seconds(30)
    ) -> CommandReply {
        world.command(
            .beginOperation(
                OperationRequest(
                    service: "shop", operation: "deploy", estimate: estimate,
                    lease: .seconds(60), release: release.map { ReleaseIdentity(version: $0) })))
    }

    @discardableResult
    private func end(_ world: World, _ status: Int?) -> CommandReply {
        world.command(.endOperation(service: "shop", operation: "deploy", status: status))
    }

    /// Whoever runs it reports all the time.
    private func pass(_ world: World, _ seconds: Int) {
        for _ in 0..<seconds {
            world.command(.beatOperation(service: "shop", operation: "deploy"))
            world.pass(1)
        }
    }

    @Test func oneThatFailsPagesWithTheRollbackOffered() {
        let world = world()
        #expect(world.bakeFirst())
        begin(world, release: "2.0.0")
        pass(world, 10)
        world.command(.reachPhase(service: "shop", operation: "deploy", phase: "schema"))
        pass(world, 5)
        #expect(world.incident == nil)
        end(world, 3)
        let incident = world.incident
        #expect(incident?.state == .awaitingApproval)
        #expect(incident?.severity == .high)
        #expect(incident?.reason == "operation-failed:deploy")
        #expect(incident?.offer?.to.version == "1.0.0")
        #expect(incident?.offer?.from.version == "2.0.0")
        let page = world.messages.first { $0.message.kind == .page }
        #expect(page?.message.title == "shop: operation-failed:deploy")
        #expect(
            page?.message.text.contains(
                "Operation 'deploy' of root ended with exit status 3 after 15s of an estimated "
                    + "30s, at phase schema.") ?? false)
    }

    @Test func whereTheServiceSaysSoItIsRolledBackByItself() {
        let world = world(Self.automatic)
        #expect(world.bakeFirst())
        begin(world, release: "2.0.0")
        pass(world, 5)
        // It had switched the link when it failed.
        world.version = "2.0.0"
        pass(world, 5)
        end(world, 143)
        #expect(world.incident?.decision == "rollback")
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
        #expect(world.incident?.breaches.allSatisfy { $0.cleared != nil } ?? false)
        #expect(world.incident?.breaches.first?.why?.first?.contains("signal 15") ?? false)
        #expect(world.pass(upTo: 120) { $0.incident == nil })
    }

    /// The link was never switched; what the operation did before must be undone all the same.
    @Test func oneThatFailsBeforeItsReleaseRunsIsUndone() {
        let world = world(Self.automatic)
        #expect(world.bakeFirst())
        begin(world, release: "2.0.0")
        pass(world, 10)
        end(world, 1)
        #expect(world.incident?.decision == "rollback")
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(!world.methodTasks.isEmpty)
    }

    @Test func whatRanBeforeTheOperationIsNotRolledBackForIt() {
        let world = world(Self.automatic)
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(30)
        begin(world)
        pass(world, 5)
        end(world, 1)
        #expect(world.incident?.decision == "page")
        #expect(world.incident?.reason == "no-release-suspect")
        #expect(world.tasks.isEmpty)
    }

    @Test func doneAgainAndWellTheIncidentClears() {
        let world = world()
        #expect(world.bakeFirst())
        begin(world)
        pass(world, 5)
        end(world, 1)
        #expect(world.incident?.state == .awaitingApproval || world.incident?.state == .open)
        world.pass(100)
        #expect(world.incident?.breaches.first?.cleared == nil)
        // One whose command could not be started says nothing.
        begin(world)
        end(world, nil)
        #expect(world.incident?.breaches.first?.cleared == nil)
        begin(world)
        pass(world, 5)
        #expect(world.incident?.breaches.first?.cleared == nil)
        end(world, 0)
        world.pass(1)
        #expect(world.incident?.state == .cleared)
    }

    @Test func anotherReleaseSupersedesIt() {
        let world = world()
        #expect(world.bakeFirst())
        begin(world, release: "2.0.0")
        world.version = "2.0.0"
        pass(world, 5)
        end(world, 1)
        world.deploy("2.0.1")
        #expect(world.pass(upTo: 10) { $0.incident?.state == .superseded })
        #expect(world.pass(upTo: 120) { $0.incident == nil })
    }

    @Test func twiceTheEstimateIsAnIncidentWhileItRuns() {
        let world = world()
        #expect(world.bakeFirst())
        begin(world)
        pass(world, 60)
        #expect(world.incident == nil)
        pass(world, 1)
        #expect(world.incident?.reason == "operation-overrun:deploy")
        let pages = world.messages.filter { $0.message.kind == .page }.count
        pass(world, 30)
        #expect(world.messages.filter { $0.message.kind == .page }.count == pages)
        end(world, 0)
        world.pass(1)
        #expect(world.incident?.state == .cleared)
    }

    @Test func withoutAReportItIsGivenUpForLostAndOnlyPages() {
        let world = world(Self.automatic)
        #expect(world.bakeFirst())
        begin(world, release: "2.0.0", estimate: nil)
        pass(world, 90)
        #expect(world.incident == nil)
        world.pass(61)
        #expect(world.state.operations == nil)
        #expect(world.incident?.reason == "operation-lost:deploy")
        #expect(world.incident?.decision == "page")
        // It was alive after all, and ends.
        #expect(end(world, 0).status == .done)
        world.pass(1)
        #expect(world.incident?.state == .cleared)
    }

    @Test func aRestartAndASleepingHostAreNoSilence() {
        let world = world()
        #expect(world.bakeFirst())
        begin(world, estimate: nil)
        world.pass(50)
        world.crash()
        world.pass(50)
        #expect(world.incident == nil)
        world.suspend(600)
        world.pass(50)
        #expect(world.incident == nil)
        world.pass(15)
        #expect(world.incident?.reason == "operation-lost:deploy")
    }

    @Test func itsIncidentOutlivesARestart() {
        let world = world()
        #expect(world.bakeFirst())
        begin(world)
        pass(world, 5)
        end(world, 1)
        world.crash()
        world.pass(30)
        #expect(world.incident?.breaches.first?.cleared == nil)
        #expect(world.incident?.state != .cleared)
    }

    @Test func phasesAreKeptInOrderAndAfterItsEnd() {
        let world = world()
        begin(world)
        for phase in ["schema", "copy", "schema", "switch"] {
            let reply = world.command(
                .reachPhase(service: "shop", operation: "deploy", phase: phase))
            #expect(reply.status == .done)
        }
        world.crash(sameBoot: false)
        #expect(world.state.phases(of: "deploy")?.phases == ["schema", "copy", "switch"])
        #expect(world.state.phases(of: "deploy")?.ended == nil)
        end(world, 2)
        #expect(world.state.latestPhases?.phases == ["schema", "copy", "switch"])
        #expect(world.state.latestPhases?.status == 2)
        let late = world.command(.reachPhase(service: "shop", operation: "deploy", phase: "x"))
        #expect(late.status == .notFound)
        begin(world)
        #expect(world.state.phases(of: "deploy")?.phases == [])
    }

    @Test func aPhaseThatCannotBeRecordedIsRefused() {
        let world = world()
        begin(world)
        world.storeWorks = false
        _ = world.command(.arm(service: nil, reason: "x"))
        let reply = world.command(
            .reachPhase(service: "shop", operation: "deploy", phase: "schema"))
        #expect(reply.reason == "store-unavailable")
        #expect(begin(world).status == .refused)
    }

    /// A release that takes an hour to deploy is not forgotten after ten minutes.
    @Test func anAnnouncementHoldsAsLongAsWhatBringsIt() {
        let world = world()
        #expect(world.bakeFirst())
        begin(world, release: "2.0.0", estimate: .hours(1))
        pass(world, 900)
        #expect(world.state.book.running?.release.version == "2.0.0")
        #expect(world.kinds("release.unconfirmed").isEmpty)
        end(world, 1)
        world.pass(900)
        #expect(world.incident?.offer?.from.version == "2.0.0")
    }

    @Test func whileItsEndIsNotSeenToTheReleaseDoesNotBecomeGood() {
        let world = world()
        #expect(world.bakeFirst())
        begin(world, release: "2.0.0")
        world.version = "2.0.0"
        pass(world, 5)
        end(world, 1)
        world.pass(100)
        #expect(world.kinds("release.good").count == 1)
    }

    @Test func oneWithoutALeaseIsJudgedByRulesAlone() {
        let world = world()
        world.command(
            .beginOperation(
                OperationRequest(service: "shop", operation: "deploy", estimate: .seconds(5))))
        world.pass(200)
        end(world, 1)
        #expect(world.incident == nil)
    }
}
