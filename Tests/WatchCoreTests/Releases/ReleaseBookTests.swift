// What is thought of releases, and which one a rollback would go to.

import Testing

@testable import WatchCore

private func moment(_ seconds: Double) -> Moment {
    Moment(boot: .seconds(seconds), wall: .seconds(1_000_000 + seconds))
}

@Suite struct ReleaseBookTests {
    private func identity(_ version: String, _ commit: String? = nil) -> ReleaseIdentity {
        ReleaseIdentity(version: version, commit: commit)
    }

    private func book(_ versions: String...) -> ReleaseBook {
        var book = ReleaseBook()
        for (index, version) in versions.enumerated() {
            begin(identity(version), at: Double(index * 100), &book)
        }
        return book
    }

    private func begin(_ identity: ReleaseIdentity, at: Double, _ book: inout ReleaseBook) {
        book.begin(
            Deployment(
                number: book.deployments.count + 1, release: identity, began: moment(at),
                origin: .read(source: "test")), fields: [:], now: moment(at))
    }

    @Test func aMissingCommitEqualsAny() {
        #expect(identity("1").matches(identity("1", "a")))
        #expect(identity("1", "a").matches(identity("1")))
        #expect(!identity("1", "a").matches(identity("1", "b")))
        #expect(!identity("1").matches(identity("2")))
        #expect(identity("1.9.0", "4f2c1d0aaabbb").text == "1.9.0 (4f2c1d0aa)")
    }

    @Test func theLastKnownGoodRanMostRecentlyBeforeTheRunningOne() {
        var book = book("1", "2", "3", "4")
        #expect(book.lastKnownGood == nil)
        book.mark(identity("1"), .good, reason: "test")
        #expect(book.lastKnownGood?.identity == identity("1"))
        book.mark(identity("2"), .good, reason: "test")
        #expect(book.lastKnownGood?.identity == identity("2"))
        #expect(book.lastKnownGoodIdentity == identity("2"))
        book.mark(identity("2"), .bad, reason: "test")
        #expect(book.lastKnownGood?.identity == identity("1"))
    }

    @Test func theRunningReleaseIsKnownByEveryFieldAndByWhoPutItThere() {
        var book = ReleaseBook()
        #expect(book.isRunning(exactly: nil) && book.rolledBackTo == nil)
        begin(identity("1", "a"), at: 0, &book)
        #expect(book.isRunning(exactly: identity("1", "a")))
        #expect(!book.isRunning(exactly: identity("1")), "though it matches")
        #expect(!book.isRunning(exactly: nil))
        #expect(book.rolledBackTo == nil)
        book.creditRunning(toRollback: "shop-1-r1")
        #expect(book.rolledBackTo == identity("1", "a"))
    }

    @Test func theRunningReleaseIsNeverItsOwnTarget() {
        var book = book("1", "2", "1")
        book.mark(identity("1"), .good, reason: "test")
        #expect(book.lastKnownGood == nil)
        book.mark(identity("2"), .good, reason: "test")
        #expect(book.lastKnownGood?.identity == identity("2"))
    }

    @Test func evidenceMakesAReleaseGood() {
        var book = book("1")
        let isGoodEarly = book.bake(.minutes(20), needed: .minutes(30))
        #expect(!isGoodEarly)
        #expect(book.release(identity("1"))?.standing == .baking)
        let isGood = book.bake(.minutes(10), needed: .minutes(30))
        #expect(isGood)
        #expect(book.release(identity("1"))?.standing == .good)
        // Only once.
        let isGoodAgain = book.bake(.minutes(10), needed: .minutes(30))
        #expect(!isGoodAgain)
    }

    @Test func aBreachBeginsTheBakeAgain() {
        var book = book("1")
        _ = book.bake(.minutes(29), needed: .minutes(30))
        book.restartBake()
        let isGoodEarly = book.bake(.minutes(29), needed: .minutes(30))
        #expect(!isGoodEarly)
        let isGood = book.bake(.minutes(1), needed: .minutes(30))
        #expect(isGood)
    }

    @Test func goodStaysGoodAndBadSticks() {
        var book = book("1", "2")
        book.mark(identity("2"), .bad, reason: "rolled back")
        let isGood = book.bake(.hours(10), needed: .minutes(30))
        #expect(!isGood)
        book.restartBake()
        begin(identity("3"), at: 300, &book)
        begin(identity("2"), at: 400, &book)
        #expect(book.release(identity("2"))?.standing == .bad)
        #expect(book.release(identity("2"))?.standingReason == "rolled back")
        let isKnown = book.mark(identity("9"), .bad, reason: "unknown")
        #expect(!isKnown)
    }

    @Test func liftingABadMarkBakesAnew() {
        var book = book("1")
        _ = book.bake(.minutes(29), needed: .minutes(30))
        book.mark(identity("1"), .bad, reason: "test")
        book.mark(identity("1"), .baking, reason: "false alarm")
        let isGood = book.bake(.minutes(2), needed: .minutes(30))
        #expect(!isGood)
    }

    @Test func releasesReplacedBeforeTheyWereGoodAreCounted() {
        var book = book("1", "2", "3", "4")
        #expect(book.replacedUnbaked == 3)
        book.mark(identity("2"), .good, reason: "test")
        #expect(book.replacedUnbaked == 1)
    }

    @Test func aCommitReadLaterCompletesTheRelease() {
        var book = book("1")
        book.complete(with: identity("1", "abc"), fields: ["deployment": "d"])
        #expect(book.running?.release == identity("1", "abc"))
        #expect(book.release(identity("1", "abc"))?.fields == ["deployment": "d"])
        book.complete(with: identity("2", "abc"), fields: [:])
        #expect(book.running?.release == identity("1", "abc"))
    }

    @Test func theBookIsBoundedAndKeepsWhatItNeeds() {
        var book = ReleaseBook()
        begin(identity("first"), at: 0, &book)
        book.mark(identity("first"), .good, reason: "test")
        // Nothing but bad releases since: the good one is the only way back.
        for number in 1...80 {
            begin(identity("v\(number)"), at: Double(number), &book)
            book.mark(identity("v\(number)"), .bad, reason: "test")
        }
        #expect(book.releases.count == ReleaseBook.releaseLimit)
        #expect(book.lastKnownGood?.identity == identity("first"))
        #expect(book.release(identity("v80")) != nil)
        for number in 81...300 { begin(identity("v\(number)"), at: Double(number), &book) }
        #expect(book.deployments.count == ReleaseBook.deploymentLimit)
        #expect(book.lastKnownGood?.identity == identity("first"))
        #expect(book.release(identity("first"))?.standing == .good)
        #expect(book.releases.count == ReleaseBook.releaseLimit)
        // What is bad is remembered longest.
        #expect(book.releases.filter { $0.standing == .bad }.count > 40)
    }

    @Test func anotherBootKeepsHowLongAgoThingsWere() {
        var book = book("1")
        let now = Moment(boot: .seconds(50), wall: .seconds(1_000_600))
        var same = book
        same.rebase(Rebase(now: now, isSameBoot: true))
        #expect(same == book)
        book.rebase(Rebase(now: now, isSameBoot: false))
        #expect(book.running?.began.boot == .seconds(-550))
        #expect(book.running?.began.wall == .seconds(1_000_000))
    }

    @Test func aWallClockThatWentBackMeansJustNow() {
        var began = moment(900)
        let now = Moment(boot: .seconds(50), wall: .seconds(999_000))
        Rebase(now: now, isSameBoot: false)(&began)
        #expect(began.boot == .seconds(50))
    }

    @Test func bakeProgressComesBackFromACheckpointAndNeverShrinks() {
        var book = book("1")
        _ = book.bake(.minutes(10), needed: .minutes(30))
        book.restoreBaked(.minutes(25), of: identity("1"))
        #expect(book.release(identity("1"))?.baked == .minutes(25))
        book.restoreBaked(.minutes(5), of: identity("1"))
        #expect(book.release(identity("1"))?.baked == .minutes(25))
    }
}
