// A page that no channel takes: whoever comes next on the route is told at once, and only once.

import Testing

@testable import WatchCore

@Suite struct UndeliveredTests {
    /// 2.0.0 breaks, which is paged: to chat, and after five minutes to mail.
    private func paged(
        _ change: (inout Configuration) -> Void = { _ in }
    ) -> World { World.offering(change: change) }

    private func say(
        _ world: World, _ outcome: DeliveryNews.Outcome, to channel: String = "chat"
    ) {
        let id = world.messages.last { $0.channel == channel }?.id ?? ""
        world.handle(.delivery(DeliveryNews(id: id, channel: channel, outcome: outcome)))
    }

    private func pages(_ world: World) -> [String] {
        world.messages.filter { $0.message.kind == .page }.map(\.channel)
    }

    @Test func aPageThatNoChannelTakesGoesToTheNextStepAtOnce() {
        let world = paged()
        #expect(pages(world) == ["chat"])
        say(world, .refused("HTTP 404"))
        #expect(pages(world) == ["chat", "chat", "mail"])
        #expect(world.kinds("page.undelivered").count == 1)
        #expect(world.kinds("page.escalated").map(\.reason) == ["undelivered"])
        #expect(world.lastPage?.text.contains("chat: HTTP 404") ?? false)
        #expect(world.incident?.undelivered?.problems == "chat: HTTP 404")
    }

    /// The people of the next step have as much time as those of the first had.
    @Test func whoIsToldThenHasAllTheTimeForAnAnswer() {
        var world = paged()
        world.pass(200)
        say(world, .failing("no route to host"))
        say(world, .taken, to: "mail")
        world.pass(299)
        #expect(world.kinds("page.unanswered").isEmpty)
        world.pass(2)
        #expect(world.kinds("page.unanswered").count == 1)
        world = paged()
        world.pass(301)
        #expect(world.kinds("page.escalated").map(\.reason) == ["no-answer"])
    }

    /// On a full disk pages are sent from memory; their ids tell the moment, too.
    @Test func aPageFromMemoryThatWasTakenIsNotUndelivered() throws {
        let world = paged()
        world.storeWorks = false
        world.handle(.storeFailed("disk full", skipped: []))
        // Nobody answers.
        world.pass(301)
        let page = try #require(
            world.volatileMessages.last { $0.channel == "chat" && $0.message.kind == .page })
        world.handle(.delivery(DeliveryNews(id: page.id, channel: "chat", outcome: .taken)))
        for channel in ["chat", "mail"] {
            let other = DeliveryNews(
                id: "blog-9/1/\(channel)", channel: channel, outcome: .failing("HTTP 503"))
            world.handle(.delivery(other))
        }
        #expect(world.incident?.undelivered == nil)
    }

    @Test func oneChannelThatTookItIsEnough() {
        let world = paged {
            $0.routes[0] = RouteConfiguration(name: "oncall", steps: [["chat", "mail"], ["chat"]])
        }
        say(world, .failing("HTTP 503"))
        #expect(world.incident?.undelivered == nil)
        say(world, .taken, to: "mail")
        say(world, .refused("HTTP 404"))
        #expect(world.kinds("page.escalated").isEmpty)
        #expect(world.incident?.undelivered == nil)
    }

    @Test func whenALaterChannelTookItNobodyIsSaidToBeUntold() {
        let world = paged()
        say(world, .failing("HTTP 503"))
        #expect(world.incident?.undelivered != nil)
        say(world, .taken, to: "mail")
        #expect(world.incident?.undelivered == nil)
        #expect(world.kinds("page.delivered").count == 1)
    }

    /// A channel that comes and goes runs through no route again and again.
    @Test func aChannelThatFlapsTellsNobodyTwice() {
        let world = paged()
        for _ in 0..<20 {
            say(world, .failing("HTTP 503"))
            world.pass(1)
            say(world, .taken)
            world.pass(1)
        }
        #expect(pages(world) == ["chat", "chat", "mail"])
        #expect(world.kinds("page.undelivered").count == 1)
    }

    @Test func whereEveryChannelIsDeadTheRouteEndsAndThatIsShown() {
        let world = paged()
        for channel in ["chat", "mail"] { say(world, .failing("no route to host"), to: channel) }
        world.pass(20)
        #expect(pages(world) == ["chat", "chat", "mail"])
        #expect(world.kinds("page.undelivered").count == 2)
        #expect(world.kinds("page.undelivered").last?.text.contains("no further step") ?? false)
        #expect(
            world.incident?.undelivered?.problems
                == "chat: no route to host; mail: no route to host")
        #expect(world.status?.incident?.undelivered != nil)
        // The outbox tries on, and says so when it got through.
        say(world, .taken, to: "mail")
        #expect(world.incident?.undelivered == nil)
    }

    /// What waits behind a message that fails was never tried, and goes nowhere either.
    @Test func aPageToAChannelThatIsKnownToBeDeadWaitsForNothing() {
        let world = paged()
        world.handle(
            .delivery(DeliveryNews(id: "other/1/chat", channel: "chat", outcome: .failing("503"))))
        #expect(world.kinds("page.escalated").map(\.reason) == ["undelivered"])
        let next = World()
        #expect(next.bakeFirst())
        next.handle(
            .delivery(DeliveryNews(id: "other/1/chat", channel: "chat", outcome: .failing("503"))))
        next.command(.declare(service: "shop", severity: .critical, reason: "checkout fails"))
        next.pass(1)
        #expect(Set(pages(next)) == ["chat", "mail"])
    }

    @Test func whoLooksAfterItIsNotToldAgain() {
        let world = paged()
        world.command(.acknowledge(incident: world.id, comment: ""))
        say(world, .failing("HTTP 503"))
        #expect(world.kinds("page.escalated").isEmpty)
        #expect(world.incident?.undelivered != nil)
    }

    @Test func aSilenceHoldsTheNextStepBackToo() {
        let world = paged()
        world.command(
            .silence(QuietRequest(service: "shop", lasts: .hours(1), reason: "known")))
        say(world, .failing("HTTP 503"))
        #expect(pages(world) == ["chat"])
    }

    @Test func itOutlivesARestart() {
        let world = paged()
        say(world, .failing("HTTP 503"))
        world.crash()
        #expect(world.incident?.undelivered != nil)
        // The daemon reads it from the outbox once more.
        let id = world.messages.first { $0.channel == "chat" }?.id ?? ""
        world.handle(
            .delivery(DeliveryNews(id: id, channel: "chat", outcome: .failing("HTTP 503"))))
        world.pass(10)
        #expect(world.kinds("page.undelivered").count == 1)
        #expect(pages(world) == ["chat", "chat", "mail"])
    }

    @Test func soIsAPageAboutASignalThatCannotBeMeasured() {
        let world = World()
        #expect(world.bakeFirst())
        world.logs = { _, _ in StreamBatch(source: .unreadable("permission denied")) }
        #expect(world.pass(upTo: 400) { $0.status?.blindIncident != nil })
        world.pass(2)
        say(world, .refused("HTTP 404"))
        #expect(world.status?.blindIncident?.undelivered != nil)
        #expect(Set(pages(world)) == ["chat", "mail"])
    }

    @Test func oneOrTwoTriesThatFailedAreNoNews() {
        let now = WallTime.seconds(1_800_000_000)
        func news(_ outcome: DeliveryOutcome, _ attempts: Int) -> DeliveryNews.Outcome? {
            DeliveryNews(id: "a/1/chat", channel: "chat", outcome, attempts: attempts, now: now)?
                .outcome
        }
        #expect(news(.sent, 1) == .taken)
        #expect(news(.failed(error: "404"), 1) == .refused("404"))
        #expect(news(.retry(at: now + .seconds(2), error: "503"), 2) == nil)
        #expect(news(.retry(at: now + .seconds(4), error: "503"), 3) == .failing("503"))
        #expect(news(.retry(at: now + .minutes(10), error: "429"), 1) == .failing("429"))
    }
}
