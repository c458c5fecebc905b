// What can lose data may take two people, and others at night than by day.

import Testing

@testable import WatchCore

@Suite struct TwoPersonTests {
    private static let dba = Peer(uid: 2001, name: "erin", roles: ["senior-admin"])
    private static let both = Peer(uid: 2002, name: "frank", roles: ["senior-admin", "cto"])

    private func restore() -> Method {
        var method = World.restore(role: "senior-admin")
        method.secondApprover = "cto"
        return method
    }

    private func world(_ change: (inout Configuration) -> Void = { _ in }) -> World {
        World.offering(plan: World.plan(methods: [restore()]), change: change)
    }

    @Test func theOfferSaysThatItTakesTwo() {
        let world = world()
        #expect(
            world.offer?.ways.first?.approvers
                == "two people: role senior-admin (members of seniors) and role cto (members of "
                + "board)")
        #expect(world.lastPage?.text.contains("two people") ?? false)
    }

    @Test func nothingIsDoneBeforeTheSecondHasSaidSo() {
        let world = world()
        let first = world.approve("restore", by: World.senior)
        #expect(first.status == .done)
        #expect(first.rollback == nil)
        #expect(first.message.contains("role cto"))
        world.pass(20)
        #expect(world.tasks.isEmpty)
        #expect(world.offer?.given == ["bob"])
        #expect(world.approve("restore", by: World.cto).rollback != nil)
        #expect(world.lastDecision?.reason == "approval:bob and carol")
        #expect(world.incident?.answer?.by == "bob and carol")
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    /// By night others are needed: a word that is of no use then does not bar their way.
    @Test func aWordOfTheDayDoesNotBarTheNight() {
        let world = World.offering(plan: World.plan()) {
            $0.policy[.critical]?.approve = "any-admin"
            $0.policy[.critical]?.secondApprover = "dba"
            $0.access.approve["dba"] = ["dbas"]
        }
        #expect(world.approve(by: World.admin).status == .done)
        #expect(world.offer?.given == ["alice"])
        var night = world.engine.configuration
        night.policy[.critical]?.approve = "senior-admin"
        night.policy[.critical]?.secondApprover = "cto"
        world.perform(world.engine.reconfigure(to: night, at: world.now))
        #expect(world.approve(by: World.senior).status == .done)
        #expect(world.approve(by: World.cto).rollback != nil)
        #expect(world.lastDecision?.reason == "approval:bob and carol")
    }

    @Test func onePersonIsNotTwo() {
        let world = world()
        #expect(world.approve("restore", by: Self.both).status == .done)
        let again = world.approve("restore", by: Self.both)
        #expect(again.reason == "same-person")
        // Root may all, and is one person.
        #expect(world.approve("restore", by: Peer(uid: 0, name: "root")).rollback != nil)
    }

    @Test func twoWithTheSameRoleAreNotEnough() {
        let world = world()
        #expect(world.approve("restore", by: World.senior).status == .done)
        let second = world.approve("restore", by: Self.dba)
        #expect(second.reason == "role-needed")
        #expect(second.message.contains("role cto"))
        #expect(world.offer?.given == ["bob"])
    }

    /// Whoever has both roles counts for the one that is missing in the end.
    @Test(arguments: ["senior", "cto"])
    func whoeverHasBothRolesFitsWithEither(other: String) {
        let world = world()
        #expect(world.approve("restore", by: Self.both).status == .done)
        let peer = other == "cto" ? World.cto : World.senior
        #expect(world.approve("restore", by: peer).rollback != nil)
    }

    @Test func whoeverHasNeitherIsRefused() {
        let world = world()
        #expect(world.approve("restore", by: World.admin).reason == "role-needed")
    }

    @Test func theFirstWordOutlivesARestartAndAFurtherBreach() {
        let world = world()
        world.approve("restore", by: World.senior)
        world.crash()
        world.pass(5)
        #expect(world.offer?.given == ["bob"])
        #expect(world.approve("restore", by: World.cto).rollback != nil)
    }

    @Test func theFirstWordEndsWithItsOffer() {
        let world = world()
        world.approve("restore", by: World.senior)
        world.deny(by: World.cto)
        #expect(world.offer == nil)
        #expect(world.approve("restore", by: World.cto).reason == "no-offer")
    }

    @Test func aPolicyMayAskForTwoAndForAComment() {
        let world = World.offering {
            $0.policy[.critical]?.approve = "any-admin"
            $0.policy[.critical]?.secondApprover = "cto"
            $0.policy[.critical]?.needsComment = true
        }
        #expect(world.approve(by: World.admin).reason == "comment-needed")
        func say(_ peer: Peer) -> CommandReply {
            world.command(
                .approve(incident: world.id, method: nil, comment: "backup checked"), by: peer)
        }
        #expect(say(World.admin).rollback == nil)
        #expect(say(World.cto).rollback != nil)
        #expect(world.kinds("approval.given").first?.text.contains("backup checked") ?? false)
    }

    // MARK: - By hour

    /// The world begins on 2027-01-15, a Friday, at 08:00 UTC.
    private func night(_ from: Int, _ to: Int) -> AfterHours {
        AfterHours(
            time: .weekly(
                WeeklyWindow(
                    days: Set(Weekday.allCases), from: from * 60, to: to * 60,
                    zone: ZoneTable(name: "UTC", first: 0))),
            approve: "any-admin", tell: "board")
    }

    private func offering(_ hours: AfterHours) -> World {
        World.offering(severity: .high) {
            $0.policy[.high]?.afterHours = [hours]
            $0.routes.append(RouteConfiguration(name: "board", steps: [["mail"]]))
        }
    }

    @Test func atNightOthersActAndTheBoardIsTold() {
        let world = offering(night(7, 12))
        #expect(world.offer?.ways.first?.role == "any-admin")
        let told = world.messages.filter { $0.message.kind == .page }.map(\.channel)
        #expect(Set(told) == ["chat", "mail"])
        #expect(world.approve(by: World.senior).reason == "role-needed")
        #expect(world.approve(by: World.admin).rollback != nil)
        #expect(world.pass(upTo: 300) { $0.incident == nil })
        // Whoever was told of it is told of its end.
        #expect(world.messages.last { $0.channel == "mail" }?.message.kind == .resolve)
    }

    @Test func byDayNothingIsDifferent() {
        let world = offering(night(18, 6))
        #expect(world.offer?.ways.first?.role == "senior-admin")
        #expect(Set(world.messages.map(\.channel)) == ["chat"])
        #expect(world.approve(by: World.admin).reason == "role-needed")
    }
}
