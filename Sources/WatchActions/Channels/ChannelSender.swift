// One channel of the outbox: its messages in order, never more than one a second, each until it
// is sent or given up. Every channel has a sender of its own, so a dead one delays nobody.

import WatchCore

actor ChannelSender {
    /// Between two messages to one channel (Slack: about one a second).
    static let pace = Duration.seconds(1)
    /// One try takes no longer.
    static let timeout = Duration.seconds(10)
    /// After so long a message is no news any more.
    static let giveUp = Duration.hours(24)
    /// Messages held in memory while there is no store.
    static let memoryLimit = 100
    /// Waiting rows looked at; with more of them the youngest have to wait.
    static let window = 10_000
    private static let storePause = Duration.seconds(5)
    private static let rememberedIDs = 1000

    enum Step: Hashable {
        /// Something was done; look again.
        case again
        /// Nothing to do before; nil: until woken.
        case wait(Duration?)
    }

    private struct Held {
        var pending: PendingDelivery
        var notBefore: WallTime
    }

    nonisolated let name: String
    private let parts: OutboxParts
    private var kind: ChannelConfiguration.Kind
    private var notBefore: WallTime?
    /// When the head of the queue may be tried again; also known to the store.
    private var retries: (id: String, at: WallTime)?
    /// Whatever was agreed on with the channel as it was before.
    private var triesAtOnce = false
    /// Outcomes the store has not taken yet: such a message must not be sent again.
    private var unrecorded: [(id: String, outcome: DeliveryOutcome)] = []
    private var memory: [Held] = []
    /// Sent from memory; the store may come to have them later.
    private var sentFromMemory: [String] = []

    init(name: String, kind: ChannelConfiguration.Kind, parts: OutboxParts) {
        self.name = name
        self.kind = kind
        self.parts = parts
    }

    /// What was told to wait by a channel that was wrong is tried at once when that is mended.
    func update(_ kind: ChannelConfiguration.Kind) {
        guard kind != self.kind else { return }
        self.kind = kind
        triesAtOnce = true
        let now = parts.time.now().wall
        for index in memory.indices { memory[index].notBefore = now }
    }

    /// Takes a message that no store keeps.
    func hold(_ message: OutboxMessage) {
        let now = parts.time.now().wall
        guard !memory.contains(where: { $0.pending.outbox.id == message.id }) else { return }
        if memory.count == Self.memoryLimit {
            tell(memory.removeFirst().pending, .dropped)
        }
        memory.append(
            Held(
                pending: PendingDelivery(outbox: message, attempts: 0, queued: now), notBefore: now
            ))
    }

    /// At most one try of one message.
    func step() async -> Step {
        let now = parts.time.now().wall
        // A clock set back must not silence a channel.
        if let notBefore, notBefore > now, notBefore - now <= Self.pace {
            return .wait(notBefore - now)
        }
        let (stored, storeWait) = await storedStep(now)
        if stored { return .again }
        guard let head = memory.first else { return .wait(storeWait) }
        if head.notBefore > now {
            return .wait(min(head.notBefore - now, storeWait ?? .hours(24)))
        }
        await send(head.pending, inStore: false)
        return .again
    }

    // MARK: The store's messages

    /// - Returns: whether something was done; if not, how long nothing will be.
    private func storedStep(_ now: WallTime) async -> (Bool, Duration?) {
        do {
            try await recordLeftovers(now)
            // All that waits, not only what is due: a later message must not overtake the head.
            let far = WallTime(nanoseconds: .max / 2)
            let waiting = try await parts.store.dueDeliveries(now: far, limit: Self.window)
                .filter { $0.outbox.channel == name }
            let ids = Set(waiting.map(\.outbox.id))
            memory.removeAll { ids.contains($0.pending.outbox.id) }
            guard let head = waiting.first else { return (false, nil) }
            if sentFromMemory.contains(head.outbox.id) {
                await record(.sent, of: head.outbox.id, now)
                return (true, nil)
            }
            if let wait = try await waitTime(of: head, now) { return (false, wait) }
            await send(head, inStore: true)
            return (true, nil)
        } catch {
            tellStoreProblem(error)
            return (false, Self.storePause)
        }
    }

    /// nil: it is due.
    private func waitTime(of head: PendingDelivery, _ now: WallTime) async throws -> Duration? {
        if triesAtOnce { return nil }
        if let retries, retries.id == head.outbox.id {
            let wait = retries.at - now
            // Longer than any wait we ask for: the clock was set back.
            return wait > .zero && wait <= ReplyVerdict.longestWait ? wait : nil
        }
        let due = try await parts.store.dueDeliveries(now: now, limit: Self.window)
        if due.contains(where: { $0.outbox.id == head.outbox.id }) { return nil }
        // Put off before a restart; the store tells the time of the earliest only.
        let next = try await parts.store.nextDeliveryTime()
        return next.map { max(Self.storePause, $0 - now) } ?? Self.storePause
    }

    private func recordLeftovers(_ now: WallTime) async throws {
        while let first = unrecorded.first {
            try await parts.store.record(first.outcome, ofDelivery: first.id, now: now)
            unrecorded.removeFirst()
        }
    }

    private func record(_ outcome: DeliveryOutcome, of id: String, _ now: WallTime) async {
        do {
            try await parts.store.record(outcome, ofDelivery: id, now: now)
        } catch {
            unrecorded.append((id, outcome))
            tellStoreProblem(error)
        }
    }

    // MARK: Sending

    private func send(_ pending: PendingDelivery, inStore: Bool) async {
        triesAtOnce = false
        let verdict = await attempt(pending.outbox)
        // Cut off by our own stop: that is no answer of the receiver's.
        if Task.isCancelled && verdict != .sent { return }
        let now = parts.time.now().wall
        notBefore = now + Self.pace
        var tried = pending
        tried.attempts += 1
        let outcome = Self.outcome(verdict, tried, now)
        if inStore {
            if case .retry(let at, _) = outcome { retries = (pending.outbox.id, at) }
            await record(outcome, of: pending.outbox.id, now)
        } else {
            keepInMemory(tried, outcome)
        }
        switch outcome {
        case .sent: tell(tried, .sent)
        case .retry(let at, let error): tell(tried, .retry(at: at, error: error))
        case .failed(let error): tell(tried, .failed(error: error))
        }
    }

    private func keepInMemory(_ tried: PendingDelivery, _ outcome: DeliveryOutcome) {
        let id = tried.outbox.id
        if case .retry(let at, _) = outcome {
            guard let index = memory.firstIndex(where: { $0.pending.outbox.id == id }) else {
                return
            }
            memory[index] = Held(pending: tried, notBefore: at)
            return
        }
        memory.removeAll { $0.pending.outbox.id == id }
        if outcome == .sent {
            if sentFromMemory.count == Self.rememberedIDs { sentFromMemory.removeFirst() }
            sentFromMemory.append(id)
        }
    }

    private func attempt(_ outbox: OutboxMessage) async -> ReplyVerdict {
        let request: ChannelRequest
        do throws(SecretError) {
            request = try ChannelRequest(outbox, kind, secrets: parts.secrets)
        } catch {
            // Somebody may be about to put the credential in place.
            return .retry(after: nil, error: error.message)
        }
        let reply = await parts.transport.post(
            url: request.url, headers: request.headers, body: request.body, timeout: Self.timeout)
        let verdict = ReplyVerdict.of(
            reply, strictBody: request.strictBody, now: parts.time.now().wall)
        switch verdict {
        case .sent: return .sent
        case .retry(let after, let error):
            return .retry(after: after, error: request.redactor.redact(error))
        case .refused(let error): return .refused(error: request.redactor.redact(error))
        }
    }

    /// One try, beside the queue: a channel that is behind with its messages is tested all the
    /// same. The pace is kept, for it is the receiver's.
    func test(_ message: OutboxMessage) async -> ChannelTest {
        let start = parts.time.now()
        if let notBefore, notBefore > start.wall, notBefore - start.wall <= Self.pace {
            await parts.sleeper.sleep(for: notBefore - start.wall)
        }
        let began = parts.time.now()
        let verdict = await attempt(message)
        let now = parts.time.now()
        notBefore = now.wall + Self.pace
        let took = now.boot - began.boot
        let text =
            switch verdict {
            case .sent: "'\(name)' took the test message within \(took.shown.text)"
            case .refused(let error):
                "'\(name)' refuses messages: \(error); mend its address or its credential"
            case .retry(let after, let error):
                "'\(name)' did not take the test message: \(error)"
                    + (after.map { "; it wants to be asked again after \($0.text)" } ?? "")
            }
        return ChannelTest(
            channel: name, sent: verdict == .sent, text: text, took: took.seconds)
    }

    private static func outcome(
        _ verdict: ReplyVerdict, _ tried: PendingDelivery, _ now: WallTime
    ) -> DeliveryOutcome {
        switch verdict {
        case .sent: return .sent
        case .refused(let error): return .failed(error: error)
        case .retry(let after, let error):
            let backoff = Backoff.delay(afterAttempt: tried.attempts, of: tried.outbox.id)
            let at = now + max(backoff, after ?? .zero)
            guard at <= tried.queued + giveUp else {
                return .failed(
                    error: "given up after \(giveUp.text) and \(tried.attempts) tries: \(error)")
            }
            return .retry(at: at, error: error)
        }
    }

    private func tell(_ pending: PendingDelivery, _ outcome: DeliveryNotice.Outcome) {
        parts.notice(
            DeliveryNotice(
                id: pending.outbox.id, channel: name, title: pending.outbox.message.title,
                attempts: pending.attempts, outcome: outcome))
    }

    private func tellStoreProblem(_ error: any Error) {
        parts.notice(
            DeliveryNotice(
                id: "", channel: name, title: "", attempts: 0, outcome: .storeProblem("\(error)")))
    }
}
