// A receiver that judges what it gets, a store in memory that can fail, and a clock with hands.

import FoundationEssentials
import Synchronization
import Testing
import WatchCore

@testable import WatchActions

final class ManualTime: TimeSource, Sendable {
    private let seconds = Mutex(0.0)

    func now() -> Moment {
        let now = seconds.withLock { $0 }
        return Moment(boot: .seconds(1000 + now), wall: .seconds(1_800_000_000 + now))
    }

    func advance(_ duration: Duration) { seconds.withLock { $0 += duration.seconds } }
}

/// Sleeping turns the hands instead.
struct TurningSleeper: Sleeper {
    let time: ManualTime

    func sleep(for duration: Duration) async { time.advance(duration) }
}

actor MemoryStore: DeliveryStore {
    struct Broken: Error {}

    struct Row {
        var pending: PendingDelivery
        var next: WallTime
        var outcome: DeliveryOutcome?
    }

    private(set) var rows: [Row] = []
    private var readsFail = false
    private var recordsFail = false

    func add(_ messages: [OutboxMessage], at time: WallTime) {
        rows += messages.map {
            Row(pending: PendingDelivery(outbox: $0, attempts: 0, queued: time), next: time)
        }
    }

    func breakDown(reads: Bool = false, records: Bool = false) {
        readsFail = reads
        recordsFail = records
    }

    func dueDeliveries(now: WallTime, limit: Int) throws -> [PendingDelivery] {
        if readsFail { throw Broken() }
        return rows.filter { Self.waits($0) && $0.next <= now }.prefix(limit).map(\.pending)
    }

    func nextDeliveryTime() throws -> WallTime? {
        rows.filter(Self.waits).map(\.next).min()
    }

    func record(_ outcome: DeliveryOutcome, ofDelivery id: String, now: WallTime) throws {
        if recordsFail { throw Broken() }
        guard let index = rows.firstIndex(where: { $0.pending.outbox.id == id }) else { return }
        rows[index].outcome = outcome
        rows[index].pending.attempts += 1
        if case .retry(let at, _) = outcome { rows[index].next = at }
    }

    func outcome(_ id: String) -> DeliveryOutcome? {
        rows.first { $0.pending.outbox.id == id }?.outcome
    }

    private static func waits(_ row: Row) -> Bool {
        switch row.outcome {
        case nil, .retry: true
        case .sent, .failed: false
        }
    }
}

final class Receiver: WebhookTransport, Sendable {
    struct Post: Sendable {
        var url: String
        var id: String
        var headers: [String: String]
        var body: [UInt8]
        var time: WallTime
    }

    private struct State {
        var posts: [Post] = []
        var replies: [String: [WebhookReply]] = [:]
        var silent: Set<String> = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let time: ManualTime
    private let state = Mutex(State())

    init(time: ManualTime) { self.time = time }

    /// The answers of a URL, in order; after them it says 200.
    func reply(_ url: String, _ replies: WebhookReply...) {
        state.withLock { $0.replies[url] = replies }
    }

    /// This URL does not answer before the sender is cancelled.
    func silence(_ url: String) { state.withLock { _ = $0.silent.insert(url) } }

    var posts: [Post] { state.withLock { $0.posts } }

    func posted(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                if state.posts.count >= count { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if now { continuation.resume() }
        }
    }

    func post(
        url: String, headers: [(String, String)], body: [UInt8], timeout: Duration
    ) async -> WebhookReply {
        #expect(timeout == .seconds(10))
        if state.withLock({ $0.silent.contains(url) }) {
            let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
            for await _ in stream {}
            continuation.finish()
            return WebhookReply(outcome: .failed("time-out"))
        }
        let values = Dictionary(headers) { first, _ in first }
        let post = Post(
            url: url, id: values["Idempotency-Key"] ?? "", headers: values, body: body,
            time: time.now().wall)
        let (reply, woken) = state.withLock { state in
            state.posts.append(post)
            var replies = state.replies[url] ?? []
            let reply =
                replies.isEmpty ? WebhookReply(outcome: .status(200)) : replies.removeFirst()
            state.replies[url] = replies
            let woken = state.waiters.filter { $0.count <= state.posts.count }
            state.waiters.removeAll { $0.count <= state.posts.count }
            return (reply, woken)
        }
        for waiter in woken { waiter.continuation.resume() }
        return reply
    }
}

struct OutboxBench {
    let time: ManualTime
    let store: MemoryStore
    let receiver: Receiver
    let notices = Notices()
    let outbox: Outbox

    final class Notices: Sendable {
        private let list = Mutex<[DeliveryNotice]>([])
        func put(_ notice: DeliveryNotice) { list.withLock { $0.append(notice) } }
        var all: [DeliveryNotice] { list.withLock { $0 } }
    }

    init(_ channels: [ChannelConfiguration] = [.slack("chat"), .webhook("hook")]) {
        let time = ManualTime()
        self.time = time
        store = MemoryStore()
        receiver = Receiver(time: time)
        let notices = notices
        outbox = Outbox(
            channels: channels, store: store,
            secrets: DictionarySecrets(values: ["chat-url": "https://chat/T0K3N", "key": "key"]),
            transport: receiver, time: time, sleeper: TurningSleeper(time: time)
        ) { notices.put($0) }
    }

    /// As a restart of the daemon: what was in memory is gone.
    init(restarting other: OutboxBench) {
        time = other.time
        store = other.store
        receiver = other.receiver
        let notices = notices
        outbox = Outbox(
            channels: [.slack("chat"), .webhook("hook")], store: other.store,
            secrets: DictionarySecrets(values: ["chat-url": "https://chat/T0K3N", "key": "key"]),
            transport: receiver, time: other.time, sleeper: TurningSleeper(time: other.time)
        ) { notices.put($0) }
    }

    func queue(_ ids: String..., channel: String = "chat") async {
        await store.add(ids.map { .test($0, channel) }, at: time.now().wall)
    }

    /// Steps until the channel has to wait, and says for how long; nil: until woken.
    func settle(_ channel: String = "chat") async -> Duration? {
        while true {
            if case .wait(let pause) = await outbox.step(channel) { return pause }
        }
    }

    /// Lets so much time pass, stepping whenever the channel wants to.
    func pass(_ duration: Duration, _ channel: String = "chat") async {
        var left = duration
        while left > .zero {
            let pause = min(await settle(channel) ?? left, left)
            time.advance(pause)
            left -= pause
        }
        _ = await settle(channel)
    }
}

extension ChannelConfiguration {
    static func slack(_ name: String) -> Self {
        let url = (try? Template("${credential:chat-url}")) ?? Template(literal: "")
        return Self(name: name, kind: .slack(url: url))
    }

    static func webhook(_ name: String, url: String = "https://hook/in") -> Self {
        Self(
            name: name,
            kind: .webhook(url: Template(literal: url), secret: try? Template("${credential:key}")))
    }
}

extension OutboxMessage {
    static func test(_ id: String, _ channel: String) -> OutboxMessage {
        OutboxMessage(
            id: id, channel: channel,
            message: Message(
                kind: .page, time: .seconds(1_800_000_000), service: "shop", incident: "shop-17",
                severity: .critical, title: "shop: rollback in progress", text: "2.0.0 → 1.9.0",
                fields: [.init("error_rate", "31 %")], dedupKey: "shop-17"))
    }
}

extension WebhookReply {
    static func status(_ code: Int, _ body: String = "", retryAfter: String? = nil) -> Self {
        Self(outcome: .status(code), retryAfter: retryAfter, body: Array(body.utf8))
    }
}
