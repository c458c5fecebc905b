// A source that takes over because the one before it fell silent: what it reads is a change only if
// it read something else before (docs/judgement.md, "Which release runs").

import Testing

@testable import WatchCore

@Suite struct SourcesThatTakeOverTests {
    /// The application itself, asked first, and a link that outlives it.
    private static let application = World.source("application")
    private static let link = World.source("link")

    /// What both say now; nil: no answer.
    private final class Says {
        var application: String? = "1.0.0"
        var link: String? = "1.0.0"
    }

    private func world(_ says: Says) -> World {
        let service = World.service(version: [Self.application, Self.link])
        let world = World(World.configuration(services: [service]))
        world.reads = { _, _, source in
            let version = source == 0 ? says.application : says.link
            return version.map { World.says($0) } ?? World.silent
        }
        return world
    }

    @Test func oneThatDisagreedAndStillSaysTheSameBeginsNoDeployment() {
        let says = Says()
        let world = world(says)
        says.link = "0.9.0"
        world.pass(10)
        says.application = nil
        world.pass(60)
        #expect(world.runs == "1.0.0")
        #expect(world.deployments.count == 1)
        // Nobody who can be believed says what runs.
        #expect(world.engine.services["shop"]?.tracker.isUnknown ?? false)
        #expect(world.status?.releaseNote == "connection refused")
        says.application = "1.0.0"
        world.pass(5)
        #expect(world.deployments.count == 1)
        #expect(world.status?.releaseNote?.hasPrefix("version-disagreement") ?? false)
    }

    @Test func oneThatWasLeftBehindByADeploymentBeginsNone() {
        let says = Says()
        let world = world(says)
        world.pass(5)
        says.application = "2.0.0"
        world.pass(10)
        says.application = nil
        world.pass(30)
        #expect(world.runs == "2.0.0")
        #expect(world.deployments.count == 2)
    }

    /// The release that dies at boot: the link was set, the application never answers again.
    @Test func oneThatHadAgreedAndReadsSomethingElseDoes() {
        let says = Says()
        let world = world(says)
        world.pass(5)
        says.link = "2.0.0"
        world.pass(20)
        #expect(world.runs == "1.0.0")
        let last = world.now.boot
        says.application = nil
        #expect(world.pass(upTo: 10) { $0.runs == "2.0.0" })
        #expect(world.deployments.count == 2)
        // It was the old one as long as the application said so.
        #expect(world.deployments.last.map { $0.began.boot >= last } ?? false)
        #expect(world.deployments.last.map { $0.began.boot <= last + .seconds(2) } ?? false)
    }

    @Test func oneThatMovesAfterTheFirstFellSilentDoes() {
        let says = Says()
        let world = world(says)
        says.link = "0.9.0"
        world.pass(10)
        says.application = nil
        world.pass(10)
        says.link = "2.0.0"
        world.pass(5)
        #expect(world.runs == "2.0.0")
    }

    /// It caught up, and then somebody set it back by hand.
    @Test func oneThatAgreedLateAndGoesBackDoes() {
        let says = Says()
        let world = world(says)
        world.pass(5)
        says.application = "2.0.0"
        world.pass(5)
        says.link = "2.0.0"
        world.pass(5)
        says.application = nil
        world.pass(15)
        #expect(world.deployments.count == 2)
        says.link = "1.0.0"
        world.pass(15)
        #expect(world.runs == "1.0.0")
        #expect(world.deployments.count == 3)
    }

    /// Nothing speaks against it: there is nobody else who could know.
    @Test func oneThatWasNeverHeardBeforeCounts() {
        let says = Says()
        let world = world(says)
        says.link = nil
        world.pass(10)
        says.application = nil
        world.pass(10)
        says.link = "2.0.0"
        world.pass(5)
        #expect(world.runs == "2.0.0")
    }

    @Test(arguments: [true, false])
    func whichOnesDisagreedIsKnownAfterARestart(sameBoot: Bool) {
        let says = Says()
        let world = world(says)
        world.pass(5)
        says.application = "2.0.0"
        world.pass(10)
        says.application = nil
        // What watchd saw is lost, what it wrote down is not.
        world.crash(sameBoot: sameBoot)
        world.pass(30)
        #expect(world.runs == "2.0.0")
        #expect(world.deployments.count == 2)
    }

    @Test func whatWasDeployedWhileWatchdWasOffIsReadFromWhoeverSpeaks() {
        let says = Says()
        let world = world(says)
        world.pass(10)
        says.application = nil
        says.link = "2.0.0"
        world.crash()
        world.pass(10)
        #expect(world.runs == "2.0.0")
    }

    @Test func theFirstSourceIsBelievedWhateverTheOthersSay() {
        let says = Says()
        let world = world(says)
        world.pass(10)
        world.crash()
        says.application = "2.0.0"
        world.pass(10)
        #expect(world.runs == "2.0.0")
    }

    /// A link that still names the target proves no landing.
    @Test func aSourceThatIsStuckAtTheTargetProvesNothing() {
        let says = Says()
        let world = world(says)
        #expect(world.bakeFirst())
        says.application = "2.0.0"
        world.errorRate = 0.4
        #expect(world.pass(upTo: 10) { $0.runs == "2.0.0" })
        says.application = nil
        world.pass(60)
        #expect(world.kinds("verify.landed").isEmpty)
        #expect(world.kinds("verify.early").isEmpty)
        #expect(world.lastDecision?.decision == "page")
        #expect(world.lastDecision?.reason == "release-unknown")
    }
}
