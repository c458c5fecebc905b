// Sends what people are to be told, from the store, and from memory when the store is out of
// order. At least once: a crash between the send and its record sends a message again, with the
// same id, by which receivers can drop it.

public import WatchCore

/// What every sender needs.
struct OutboxParts: Sendable {
    var store: any DeliveryStore
    var secrets: any SecretSource
    var transport: any WebhookTransport
    var time: any TimeSource
    var sleeper: any Sleeper
    var notice: @Sendable (DeliveryNotice) -> Void
}

public actor Outbox {
    private struct Entry {
        var sender: ChannelSender
        var waker = Waker()
        var loop: Task<Void, Never>?
    }

    private let parts: OutboxParts
    private var entries: [String: Entry] = [:]
    private let orphans = Waker()
    private var isRunning = false

    /// - Parameter notice: hears of every try, on any thread.
    public init(
        channels: [ChannelConfiguration], store: any DeliveryStore, secrets: any SecretSource,
        transport: any WebhookTransport, time: any TimeSource,
        sleeper: any Sleeper = TaskSleeper(),
        notice: @escaping @Sendable (DeliveryNotice) -> Void
    ) {
        parts = OutboxParts(
            store: store, secrets: secrets, transport: transport, time: time, sleeper: sleeper,
            notice: notice)
        for channel in channels {
            entries[channel.name] = Entry(
                sender: ChannelSender(name: channel.name, kind: channel.kind, parts: parts))
        }
    }

    /// Sends until the task is cancelled. A send that is cut off is made again at the next start.
    public func run() async {
        isRunning = true
        for name in entries.keys { startLoop(name) }
        while !Task.isCancelled {
            let pause = await failOrphans()
            await orphans.wait(for: pause, parts.sleeper)
        }
        isRunning = false
        for name in entries.keys {
            entries[name]?.loop?.cancel()
            await entries[name]?.loop?.value
            entries[name]?.loop = nil
        }
    }

    /// There are new messages.
    public func wake() {
        for entry in entries.values { entry.waker.wake() }
        orphans.wake()
    }

    /// Sends these without the store: at once, and again while that fails, as long as there is
    /// memory for them.
    public func sendNow(_ messages: [OutboxMessage]) async {
        for message in messages {
            guard let entry = entries[message.channel] else {
                tellOrphan(message, attempts: 0)
                continue
            }
            await entry.sender.hold(message)
            entry.waker.wake()
        }
    }

    /// Tries to send a message once and keeps nothing of it: what becomes of it is for whoever
    /// asked.
    /// - Returns: nil: there is no such channel.
    public func test(_ message: OutboxMessage) async -> ChannelTest? {
        guard let entry = entries[message.channel] else { return nil }
        return await entry.sender.test(message)
    }

    /// In alphabetical order.
    public var channelNames: [String] { entries.keys.sorted() }

    /// Another configuration holds from now on.
    public func update(_ channels: [ChannelConfiguration]) async {
        let names = Set(channels.map(\.name))
        for (name, entry) in entries where !names.contains(name) {
            entry.loop?.cancel()
            entries[name] = nil
        }
        for channel in channels {
            if let entry = entries[channel.name] {
                await entry.sender.update(channel.kind)
            } else {
                entries[channel.name] = Entry(
                    sender: ChannelSender(name: channel.name, kind: channel.kind, parts: parts))
                if isRunning { startLoop(channel.name) }
            }
        }
        wake()
    }

    /// For tests: one step of one channel.
    func step(_ channel: String) async -> ChannelSender.Step? {
        await entries[channel]?.sender.step()
    }

    private func startLoop(_ name: String) {
        guard let entry = entries[name], entry.loop == nil else { return }
        let (sender, waker, sleeper) = (entry.sender, entry.waker, parts.sleeper)
        entries[name]?.loop = Task {
            while !Task.isCancelled {
                if case .wait(let pause) = await sender.step() {
                    await waker.wait(for: pause, sleeper)
                }
            }
        }
    }

    /// Messages to channels that the configuration no longer has fail, and somebody hears of it.
    /// - Returns: when to try again if the store is out of order.
    private func failOrphans() async -> Duration? {
        do {
            let far = WallTime(nanoseconds: .max / 2)
            let waiting = try await parts.store.dueDeliveries(
                now: far, limit: ChannelSender.window)
            for pending in waiting where entries[pending.outbox.channel] == nil {
                let now = parts.time.now().wall
                try await parts.store.record(
                    .failed(error: Self.noChannel), ofDelivery: pending.outbox.id, now: now)
                tellOrphan(pending.outbox, attempts: pending.attempts)
            }
            return nil
        } catch {
            // The senders tell of the store; one voice is enough.
            return .seconds(60)
        }
    }

    private static let noChannel = "the configuration has no such channel any more"

    private func tellOrphan(_ message: OutboxMessage, attempts: Int) {
        parts.notice(
            DeliveryNotice(
                id: message.id, channel: message.channel, title: message.message.title,
                attempts: attempts, outcome: .failed(error: Self.noChannel)))
    }
}
