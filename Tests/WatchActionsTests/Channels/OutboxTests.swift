// Messages arrive, in order, once if at all possible and at least once in any case.

import Testing
import WatchCore

@testable import WatchActions

private let chat = "https://chat/T0K3N"

struct OutboxTests {
    @Test func messagesGoOutInOrderAndNotFasterThanOneASecond() async {
        let bench = OutboxBench()
        await bench.queue("a", "b", "c")
        await bench.pass(.seconds(5))
        let posts = bench.receiver.posts
        #expect(posts.map(\.id) == ["a", "b", "c"])
        #expect(zip(posts, posts.dropFirst()).allSatisfy { $1.time - $0.time >= .seconds(1) })
        #expect(await bench.store.outcome("c") == .sent)
        #expect(await bench.settle() == nil)
        #expect(bench.notices.all.map(\.outcome) == [.sent, .sent, .sent])
    }

    @Test func aReceiverThatIsDownIsTriedAgainEverLessOften() async {
        let bench = OutboxBench()
        let down = WebhookReply(outcome: .failed("connection refused"))
        bench.receiver.reply(chat, down, down, down, down)
        await bench.queue("a", "b")
        await bench.pass(.minutes(2))
        let posts = bench.receiver.posts
        #expect(posts.map(\.id) == ["a", "a", "a", "a", "a", "b"])
        let gaps = zip(posts, posts.dropFirst()).map { ($1.time - $0.time).seconds }.prefix(4)
        for (gap, base) in zip(gaps, [1.0, 2, 4, 8]) { #expect((base...base * 1.25).contains(gap)) }
    }

    @Test func retryAfterIsHonoured() async {
        let bench = OutboxBench()
        bench.receiver.reply(chat, .status(429, retryAfter: "30"))
        await bench.queue("a", "b")
        await bench.pass(.minutes(1))
        let posts = bench.receiver.posts
        #expect(posts.map(\.id) == ["a", "a", "b"])
        #expect(posts.dropFirst().first.map { $0.time - posts[0].time } == .seconds(30))
    }

    /// A wrong address, or a receiver that is full: what was told to wait goes to the new one.
    @Test func aChannelThatIsMendedIsTriedAtOnce() async {
        let bench = OutboxBench()
        bench.receiver.reply(chat, .status(429, retryAfter: "3600"))
        await bench.queue("a", "b")
        await bench.pass(.seconds(5))
        await bench.outbox.update([.slack("chat"), .webhook("hook")])
        await bench.pass(.seconds(5))
        #expect(bench.receiver.posts.map(\.id) == ["a"])
        await bench.outbox.update([.webhook("chat"), .webhook("hook")])
        await bench.pass(.seconds(5))
        #expect(bench.receiver.posts.map(\.id) == ["a", "a", "b"])
        #expect(bench.receiver.posts.last?.url == "https://hook/in")
    }

    /// What is behind does not keep a test back, and nothing of it is kept.
    @Test func aChannelIsTestedBesideItsQueue() async throws {
        let bench = OutboxBench()
        bench.receiver.reply(chat, .status(429, retryAfter: "3600"))
        await bench.queue("a")
        await bench.pass(.seconds(5))
        let message = OutboxMessage(
            id: "test-1", channel: "chat",
            message: .test(of: "chat", by: "alice", at: bench.time.now().wall))
        let good = try #require(await bench.outbox.test(message))
        #expect(good.sent)
        #expect(good.text.contains("'chat' took the test message"), "\(good.text)")
        bench.receiver.reply(chat, .status(404))
        let bad = try #require(await bench.outbox.test(message))
        #expect(!bad.sent)
        #expect(bad.text.contains("HTTP 404"), "\(bad.text)")
        #expect(!bad.text.contains("T0K3N"))
        let posts = bench.receiver.posts.filter { $0.id == "test-1" }
        #expect(posts.count == 2)
        #expect(posts[1].time - posts[0].time >= .seconds(1), "the pace is the receiver's")
        #expect(await bench.store.rows.count == 1)
        let none = OutboxMessage(id: "test-2", channel: "nowhere", message: message.message)
        #expect(await bench.outbox.test(none) == nil)
    }

    @Test func retryAfterIsHonouredAcrossARestart() async {
        let bench = OutboxBench()
        bench.receiver.reply(chat, .status(429, retryAfter: "600"))
        await bench.queue("a", "b")
        await bench.pass(.seconds(10))
        let again = OutboxBench(restarting: bench)
        await again.pass(.seconds(595))
        let posts = bench.receiver.posts
        #expect(posts.map(\.id) == ["a", "a", "b"])
        #expect(posts.dropFirst().allSatisfy { $0.time - posts[0].time >= .seconds(600) })
    }

    @Test func aServerErrorIsTriedAgainAndAPermanentOneIsNot() async {
        let bench = OutboxBench()
        bench.receiver.reply(chat, .status(500), .status(200), .status(404, "no_service"))
        await bench.queue("a", "b", "c")
        await bench.pass(.seconds(20))
        #expect(bench.receiver.posts.map(\.id) == ["a", "a", "b", "c"])
        #expect(await bench.store.outcome("b") == .failed(error: "HTTP 404: no_service"))
        #expect(bench.notices.all.contains { $0.outcome == .failed(error: "HTTP 404: no_service") })
        #expect(await bench.store.outcome("c") == .sent)
    }

    @Test func afterADayAMessageIsGivenUp() async {
        let bench = OutboxBench()
        bench.receiver.reply(
            chat, .status(503), .status(503), .status(503), .status(503), .status(503))
        await bench.queue("a")
        _ = await bench.settle()
        bench.time.advance(.hours(24))
        _ = await bench.settle()
        guard case .failed(let error)? = await bench.store.outcome("a") else {
            Issue.record("not failed")
            return
        }
        #expect(error == "given up after 1d and 2 tries: HTTP 503")
    }

    @Test func aCrashBetweenSendAndRecordSendsAgainWithTheSameId() async {
        let bench = OutboxBench()
        await bench.queue("a")
        await bench.store.breakDown(records: true)
        _ = await bench.outbox.step("chat")
        await bench.store.breakDown()
        let again = OutboxBench(restarting: bench)
        _ = await again.settle()
        let posts = bench.receiver.posts
        #expect(posts.map(\.id) == ["a", "a"])
        #expect(Set(posts.map(\.body)).count == 1)
    }

    @Test func withoutACrashAnUnrecordedSendIsNotRepeated() async {
        let bench = OutboxBench()
        await bench.queue("a", "b")
        await bench.store.breakDown(records: true)
        await bench.pass(.seconds(20))
        await bench.store.breakDown()
        await bench.pass(.seconds(20))
        #expect(bench.receiver.posts.map(\.id) == ["a", "b"])
        #expect(await bench.store.outcome("a") == .sent)
    }

    @Test func anUnreadableSecretIsTriedAgain() async {
        let bench = OutboxBench([
            ChannelConfiguration(
                name: "chat",
                kind: .slack(url: (try? Template("${credential:none}")) ?? Template(literal: "")))
        ])
        await bench.queue("a")
        _ = await bench.settle()
        guard case .retry(_, let error)? = await bench.store.outcome("a") else {
            Issue.record("no retry")
            return
        }
        #expect(error.contains("${credential:none}"))
    }

    @Test func theSecretURLIsNeverInAnError() async {
        let bench = OutboxBench()
        bench.receiver.reply(
            chat, WebhookReply(outcome: .failed("connect to \(chat): refused")))
        await bench.queue("a")
        _ = await bench.settle()
        guard case .retry(_, let error)? = await bench.store.outcome("a") else {
            Issue.record("no retry")
            return
        }
        #expect(error == "connect to ***: refused")
    }

    @Test func aDeadChannelDelaysNoOther() async {
        let bench = OutboxBench()
        bench.receiver.silence(chat)
        await bench.queue("a", "b")
        await bench.queue("x", "y", "z", channel: "hook")
        let running = Task { await bench.outbox.run() }
        await bench.receiver.posted(3)
        #expect(bench.receiver.posts.map(\.id) == ["x", "y", "z"])
        running.cancel()
        await running.value
        #expect(await bench.store.outcome("a") == nil)
    }

    @Test func newMessagesWakeASleepingOutbox() async {
        let bench = OutboxBench()
        let running = Task { await bench.outbox.run() }
        for count in 1...3 {
            await bench.queue("m\(count)", channel: "hook")
            await bench.outbox.wake()
            await bench.receiver.posted(count)
        }
        running.cancel()
        await running.value
        #expect(bench.receiver.posts.map(\.id) == ["m1", "m2", "m3"])
    }

    @Test func withoutAStoreMessagesGoOutFromMemory() async {
        let bench = OutboxBench()
        await bench.store.breakDown(reads: true, records: true)
        bench.receiver.reply(chat, .status(500))
        await bench.outbox.sendNow([.test("a", "chat"), .test("b", "chat")])
        await bench.pass(.seconds(10))
        #expect(bench.receiver.posts.map(\.id) == ["a", "a", "b"])
        // When the store comes to have them after all, they are not sent again.
        await bench.store.breakDown()
        await bench.queue("a", "b")
        await bench.pass(.seconds(10))
        #expect(bench.receiver.posts.count == 3)
        #expect(await bench.store.outcome("b") == .sent)
    }

    @Test func memoryIsBoundedAndTheOldestGoFirst() async {
        let bench = OutboxBench()
        await bench.store.breakDown(reads: true)
        await bench.outbox.sendNow((0..<101).map { .test("m\($0)", "chat") })
        #expect(bench.notices.all.filter { $0.outcome == .dropped }.map(\.id) == ["m0"])
    }

    @Test func aMessageToAChannelThatIsGoneFails() async {
        let bench = OutboxBench()
        await bench.queue("a", channel: "hook")
        await bench.queue("b", channel: "gone")
        let running = Task { await bench.outbox.run() }
        await bench.receiver.posted(1)
        await bench.outbox.sendNow([.test("c", "gone")])
        running.cancel()
        await running.value
        let failed = bench.notices.all.filter { $0.channel == "gone" }
        #expect(failed.map(\.id).contains("c"))
    }
}
