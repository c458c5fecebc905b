// Which release runs: sources that agree, lie, lag, die, or sit behind a load balancer.

import Testing

@testable import WatchCore

/// A service whose sources are asked every ten seconds.
private final class Watched {
    var tracker: VersionTracker
    var now = 0.0

    init(sources: Int = 1, agree: Int = 2, current: String? = "A") {
        tracker = VersionTracker(
            sourceCount: sources, agree: agree, current: current.map { identity($0) })
        if current != nil { read(String(repeating: "A", count: 2)) }
    }

    /// One reading for each letter, ten seconds apart; `.` is no answer.
    @discardableResult
    func read(_ letters: String, from source: Int = 0) -> [VersionTracker.Change] {
        letters.flatMap { letter in
            let answer: VersionReading.Answer =
                letter == "."
                ? .unavailable("connection refused")
                : .version(String(letter), commit: nil, fields: [:])
            return read(answer, from: source)
        }
    }

    @discardableResult
    func read(_ answer: VersionReading.Answer, from source: Int = 0) -> [VersionTracker.Change] {
        now += 10
        return tracker.record(
            VersionReading(asked: .seconds(now), answer: answer), from: source,
            label: "source \(source)")
    }

    func announce(_ version: String) -> VersionTracker.Change? {
        tracker.announce(identity(version), at: .seconds(now))
    }
}

private func identity(_ version: String, _ commit: String? = nil) -> ReleaseIdentity {
    ReleaseIdentity(version: version, commit: commit)
}

private func deployed(
    _ version: String, began: Double, seen: Double, source: String = "source 0"
) -> VersionTracker.Change {
    .deployed(
        identity(version), began: .seconds(began), lastSeenBefore: .seconds(seen), source: source)
}

@Suite struct VersionTrackerTests {
    @Test func aChangeCountsAfterTwoEqualReadsAndIsDatedToTheFirst() {
        let watched = Watched()
        #expect(watched.read("B") == [])
        #expect(watched.read("B") == [deployed("B", began: 30, seen: 20)])
        #expect(watched.tracker.current == identity("B"))
        #expect(watched.read("BBB") == [])
    }

    @Test func theFirstReleaseSeenIsFoundLikeAnyOther() {
        let watched = Watched(current: nil)
        #expect(watched.tracker.isUnknown)
        #expect(watched.read("AA") == [deployed("A", began: 10, seen: 10)])
        #expect(!watched.tracker.isUnknown)
    }

    @Test func oneReadIsEnoughWhereThatIsConfigured() {
        #expect(Watched(agree: 1).read("B") == [deployed("B", began: 30, seen: 20)])
    }

    @Test func differentReadsInARowAreNoChangeUntilTwoAgree() {
        let watched = Watched()
        #expect(watched.read("BC") == [])
        #expect(watched.read("C") == [deployed("C", began: 40, seen: 30)])
    }

    @Test func oneMissedReadIsNoChangeOfLeader() {
        let watched = Watched()
        watched.read(".")
        #expect(!watched.tracker.isUnknown)
        #expect(watched.tracker.leader == 0)
        watched.read(".")
        #expect(watched.tracker.isUnknown)
        watched.read("A")
        #expect(!watched.tracker.isUnknown)
    }

    @Test func aReleaseDeployedWhileNothingAnsweredWasPrecededByTheLastAnswer() {
        let watched = Watched()
        // An old change, long before.
        watched.read("BB")
        watched.read(String(repeating: "B", count: 20))
        #expect(watched.now == 240)
        watched.read("...")
        // B was last seen at 240, not when it was deployed, and not when nobody answered.
        #expect(watched.read("CC") == [deployed("C", began: 280, seen: 240)])
    }

    @Test func aReadThatFailsInBetweenDoesNotPostponeTheLastSight() {
        let watched = Watched()
        #expect(watched.read(".BB") == [deployed("B", began: 40, seen: 20)])
    }

    @Test func aReadThatWasOvertakenTakesBackNoSight() {
        let watched = Watched(agree: 1)
        watched.read("A")
        // Asked for before the last one, it comes in after it.
        let late = VersionReading(
            asked: .seconds(15), answer: .version("A", commit: nil, fields: [:]))
        #expect(watched.tracker.record(late, from: 0, label: "source 0") == [])
        #expect(watched.read("B") == [deployed("B", began: 40, seen: 30)])
    }

    @Test func theNextSourceLeadsWhenTheFirstIsSilent() {
        let watched = Watched(sources: 2)
        watched.read("A", from: 1)
        watched.read("..")
        #expect(watched.tracker.leader == 1)
        #expect(watched.read("BB", from: 1).count == 1)
    }

    @Test func aSourceThatContradictsTheLeaderIsNamedAndChangesNothing() {
        let watched = Watched(sources: 2)
        #expect(watched.read("BBBB", from: 1) == [])
        #expect(watched.tracker.disagreeing == [1])
        #expect(watched.tracker.current == identity("A"))
        watched.read("A", from: 1)
        #expect(watched.tracker.disagreeing.isEmpty)
    }

    @Test func aSourceThatAgreesCompletesTheCommit() {
        let watched = Watched(sources: 2)
        let changes = watched.read(
            .version("A", commit: "4f2c1d0", fields: ["deployment": "d1"]), from: 1)
        #expect(changes == [.completed(identity("A", "4f2c1d0"))])
        #expect(watched.tracker.fields == ["deployment": "d1"])
        #expect(watched.read("AAA") == [])
    }

    @Test func anotherCommitOfTheSameVersionIsAnotherRelease() {
        let watched = Watched(sources: 2)
        watched.read(.version("A", commit: "one", fields: [:]), from: 1)
        #expect(watched.read(.version("A", commit: "two", fields: [:]), from: 1) == [])
        let changes = watched.read(.version("A", commit: "two", fields: [:]), from: 1)
        #expect(
            changes == [
                .deployed(
                    identity("A", "two"), began: .seconds(40), lastSeenBefore: .seconds(30),
                    source: "source 1")
            ])
    }

    @Test func toAndFroIsOneDeploymentOfTheNewestMember() {
        let watched = Watched()
        let first = watched.read("BA")
        #expect(
            first == [deployed("B", began: 30, seen: 20, source: "mixed reads"), .becameMixed])
        #expect(watched.read("BABABBAA") == [])
        #expect(watched.tracker.current == identity("B"))
        #expect(watched.tracker.readsToLand(configured: 2) == 10)
    }

    @Test func aMixThatBeginsAfterTheChangeCountedIsNoNewDeployment() {
        let watched = Watched()
        watched.read("BB")
        #expect(watched.read("A") == [.becameMixed])
        #expect(watched.tracker.current == identity("B"))
    }

    @Test func tenEqualReadsEndTheMix() {
        let watched = Watched()
        watched.read("BA")
        #expect(watched.read("BBBBBBBBB") == [])
        #expect(watched.read("B") == [.mixedEnded])
        #expect(watched.tracker.mixed == nil)
        #expect(watched.tracker.readsToLand(configured: 2) == 2)
    }

    @Test func aMixThatEndsWithTheOldReleaseIsAnotherDeployment() {
        let watched = Watched()
        watched.read("BA")
        let changes = watched.read("AAAAAAAAA")
        #expect(changes.first == .mixedEnded)
        #expect(changes.count == 2)
        #expect(watched.tracker.current == identity("A"))
    }

    @Test func aReturnWithinTenReadsIsAMixAndOneReadLaterItIsNot() {
        for (between, isMixed) in [(9, true), (10, false)] {
            let watched = Watched()
            watched.read(String(repeating: "B", count: between))
            let changes = watched.read("A")
            #expect(changes.contains(.becameMixed) == isMixed, "\(between) reads between")
            #expect(watched.tracker.current == identity("B"))
        }
    }

    @Test func aReturnAfterMoreThanTenReadsIsAnOrdinaryDeployment() {
        let watched = Watched()
        watched.read("BBBBBBBBBBBB")
        #expect(watched.read("A") == [])
        #expect(watched.read("A").count == 1)
        #expect(watched.tracker.mixed == nil)
    }

    @Test func watchdsOwnRollbackIsNoReturn() {
        let watched = Watched()
        watched.read("BB")
        watched.tracker.noteOwnRollback(to: identity("A"))
        #expect(watched.read("AA") == [])
        #expect(watched.tracker.mixed == nil)
        #expect(watched.tracker.current == identity("A"))
    }

    @Test func anAnnouncementCountsAtOnce() {
        let watched = Watched()
        #expect(watched.announce("B") == deployed("B", began: 20, seen: 20, source: "announcement"))
        // The source still reads the old release.
        #expect(watched.read("AAAA") == [])
        #expect(watched.read("BBB") == [])
        #expect(watched.tracker.announced == nil)
        #expect(watched.tracker.current == identity("B"))
    }

    @Test func anAnnouncementEndsWhenASourceReadsAThirdRelease() {
        let watched = Watched()
        _ = watched.announce("B")
        #expect(watched.read("CC").count == 1)
        #expect(watched.tracker.current == identity("C"))
    }

    @Test func anAnnouncementThatNoSourceConfirmsHoldsTenMinutes() {
        let watched = Watched()
        _ = watched.announce("B")
        watched.read(String(repeating: "A", count: 60))
        #expect(watched.tracker.current == identity("B"))
        watched.read("A")
        #expect(watched.tracker.current == identity("A"))
    }

    @Test func withoutSourcesAnAnnouncementHoldsForGood() {
        let watched = Watched(sources: 0, current: nil)
        #expect(watched.tracker.isUnknown)
        #expect(watched.announce("B") != nil)
        #expect(!watched.tracker.isUnknown)
    }

    @Test func announcingWhatRunsIsNoDeployment() {
        let watched = Watched()
        #expect(watched.announce("A") == .completed(identity("A")))
    }

    @Test func aSourceThatIsNotConfiguredIsIgnored() {
        #expect(Watched().read("BBBB", from: 7) == [])
    }
}
