import Testing

@testable import WatchControl

@Suite struct AccessPolicyTests {
    private func policy(operators: [AccessPolicy.Group] = [.init(name: "ops", id: 50)])
        -> AccessPolicy
    {
        AccessPolicy(
            readers: .init(name: "watchd", id: 40), operators: operators, ownUser: 990)
    }

    private func person(_ uid: UInt32, _ groups: Set<UInt32> = []) -> Person {
        Person(uid: uid, name: "alice", groups: groups)
    }

    @Test func rootMayAllEvenWithoutGroups() {
        #expect(policy(operators: []).refusal(of: person(0), need: .operate) == nil)
    }

    @Test func readersReadAndOperatorsDoBoth() {
        #expect(policy().refusal(of: person(1000, [40]), need: .read) == nil)
        #expect(policy().refusal(of: person(1000, [40]), need: .operate) != nil)
        #expect(policy().refusal(of: person(1000, [50]), need: .operate) == nil)
        #expect(policy().refusal(of: person(1000, [50]), need: .read) == nil)
    }

    @Test func theDaemonsOwnUserOnlyReads() {
        #expect(policy().refusal(of: person(990), need: .read) == nil)
        #expect(policy().refusal(of: person(990), need: .operate) != nil)
    }

    @Test func aRefusalSaysTheCommandThatHelps() throws {
        let read = try #require(policy().refusal(of: person(1000), need: .read))
        #expect(read.contains("group watchd"))
        #expect(read.contains("usermod -aG watchd alice"))
        let missing = policy(operators: [.init(name: "ops", id: nil)])
        let act = try #require(missing.refusal(of: person(1000, [40]), need: .operate))
        #expect(act.contains("groupadd ops && usermod -aG ops alice"))
    }

    @Test func aGroupThatTheHostDoesNotKnowHasNoMembers() {
        let policy = AccessPolicy(
            readers: .init(name: "watchd", id: nil), operators: [], ownUser: 990)
        #expect(policy.refusal(of: person(1000, [0, 40]), need: .read) != nil)
    }

    @Test func whoHasSomeRoleOrOperatesMayAnswerAnOffer() throws {
        var policy = policy()
        policy.roles = [
            "cto": [.init(name: "board", id: 60)], "any-admin": [.init(name: "gone", id: nil)],
        ]
        #expect(policy.refusal(of: person(1000, [60]), need: .approve) == nil)
        #expect(policy.refusal(of: person(1000, [50]), need: .approve) == nil)
        #expect(policy.refusal(of: person(0), need: .approve) == nil)
        // A role is no right to operate.
        #expect(policy.refusal(of: person(1000, [60]), need: .operate) != nil)
        let refusal = try #require(policy.refusal(of: person(1000, [40]), need: .approve))
        #expect(refusal.contains("members of group board or gone or ops may"))
    }

    @Test func theEngineIsToldTheRolesThatAPersonHas() {
        var policy = policy()
        policy.roles = [
            "cto": [.init(name: "board", id: 60)],
            "any-admin": [.init(name: "ops", id: 50), .init(name: "board", id: 60)],
        ]
        #expect(policy.roles(of: person(1000, [60])) == ["cto", "any-admin"])
        #expect(policy.roles(of: person(1000, [50])) == ["any-admin"])
        #expect(policy.roles(of: person(1000, [40])).isEmpty)
        #expect(policy.operates(person(1000, [50])))
        #expect(!policy.operates(person(1000, [60])))
    }
}
