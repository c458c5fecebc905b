// Does what the engine wants, strictly in order: a transaction is durable before anything after it
// in its list is done. One task works through the lists, so the engine never waits for a disk.

import Logging
import Synchronization
import WatchCore

/// The adapters that effects end in. Each call returns at once.
struct Hands: Sendable {
    var run: @Sendable (StepTask) async -> Void
    var resume: @Sendable (StepTask) async -> Void
    var cancel: @Sendable (_ id: String) async -> Void
    var readVersions: @Sendable (_ service: String) async -> Void
    var probeNow: @Sendable (_ service: String, _ probes: [String]) async -> Void
    var checkConnectivity: @Sendable () async -> Void
    var deliver: @Sendable () async -> Void
    var deliverFromMemory: @Sendable ([OutboxMessage]) async -> Void
    /// Whether steps can be recorded.
    var hasRoom: @Sendable () async -> Bool = { true }
}

final class EffectPerformer: Sendable {
    /// Events kept while the store takes nothing; older ones are given up, and that is said.
    static let backlogLimit = 10_000

    private struct Order: Sendable {
        var effects: [Effect]
        var done: CheckedContinuation<String?, Never>?
    }

    private let orders: AsyncStream<Order>
    private let entrance: AsyncStream<Order>.Continuation
    private let hands: Hands
    private let store: @Sendable (Transaction) async throws -> [EventRecord]
    private let stored: @Sendable ([EventRecord]) -> Void
    private let report: @Sendable (Event) -> Void
    private let logger: Logger
    private let room: StepRoom
    private let log: EventLog
    private let failing = Mutex(false)

    /// - Parameters:
    ///   - room: knows of steps that wait for room on the disk.
    ///   - store: makes a transaction durable, and numbers its events.
    ///   - stored: is told the numbered events.
    ///   - report: takes what the engine must know of it.
    init(
        hands: Hands, room: StepRoom, logger: Logger,
        store: @escaping @Sendable (Transaction) async throws -> [EventRecord],
        stored: @escaping @Sendable ([EventRecord]) -> Void,
        report: @escaping @Sendable (Event) -> Void
    ) {
        (orders, entrance) = AsyncStream.makeStream(of: Order.self)
        self.hands = hands
        self.room = room
        self.store = store
        self.stored = stored
        self.report = report
        self.logger = logger
        log = EventLog(logger: logger)
    }

    func submit(_ effects: [Effect]) {
        guard !effects.isEmpty else { return }
        entrance.yield(Order(effects: effects))
    }

    /// Returns when all is done; the problem when it could not be made durable.
    func submitAndWait(_ effects: [Effect]) async -> String? {
        guard !effects.isEmpty else { return nil }
        return await withCheckedContinuation { done in
            let result = entrance.yield(Order(effects: effects, done: done))
            if case .terminated = result { done.resume(returning: "watchd is stopping") }
        }
    }

    /// Tries what waits again, if anything does.
    func retryStore() {
        if failing.withLock({ $0 }) || room.isMissing {
            entrance.yield(Order(effects: [.persist(Transaction())]))
        }
    }

    func finish() { entrance.finish() }

    /// Works until `finish`, then through what is left.
    func run() async {
        var backlog = Transaction()
        for await order in orders {
            let problem = await perform(order.effects, &backlog)
            order.done?.resume(returning: problem)
        }
    }

    private func perform(_ effects: [Effect], _ backlog: inout Transaction) async -> String? {
        var problem: String?
        var skipped: [String] = []
        for effect in effects {
            switch effect {
            case .persist(let transaction):
                problem = await persist(transaction, &backlog)
            case .run(let task):
                if problem == nil {
                    await start(task, effect)
                } else {
                    skipped.append(task.id)
                }
            // One that is asked after may have run before: it is not among the skipped, and is
            // asked after again when the store takes transactions.
            case .resume(let task): if problem == nil { await start(task, effect) }
            case .runDry(let task): if problem == nil { await hands.run(task) }
            case .cancel(let id): await hands.cancel(id)
            case .readVersions(let service): await hands.readVersions(service)
            case .probeNow(let service, let probes): await hands.probeNow(service, probes)
            case .checkConnectivity: await hands.checkConnectivity()
            case .deliver: if problem == nil { await hands.deliver() }
            case .deliverFromMemory(let messages): await hands.deliverFromMemory(messages)
            }
        }
        if let problem { report(.storeFailed(problem, skipped: skipped)) }
        return problem
    }

    private func start(_ task: StepTask, _ effect: Effect) async {
        CrashPoint.reached("before-run:\(task.id)")
        if case .resume = effect {
            await hands.resume(task)
        } else {
            await hands.run(task)
        }
        CrashPoint.reached("after-run:\(task.id)")
    }

    /// nil: durable. What fails is kept and goes with the next transaction.
    private func persist(
        _ transaction: Transaction, _ backlog: inout Transaction
    ) async -> String? {
        let whole = backlog.followed(by: transaction, limit: Self.backlogLimit)
        let kinds = transaction.events.map(\.kind)
        CrashPoint.reached("before-persist", kinds)
        // Once, and also when the store takes nothing: then the log is all there is.
        log.note(transaction.events, transaction.incidents)
        do {
            let events = try await store(whole)
            CrashPoint.reached("after-persist", kinds)
            backlog = Transaction()
            stored(events)
            await noteStored()
            return nil
        } catch {
            backlog = whole
            if !failing.withLock({ exchange(&$0, with: true) }) {
                logger.critical("what is done cannot be recorded, so nothing is done: \(error)")
            }
            return "\(error)"
        }
    }

    /// Goes on only when steps can be recorded, too: each would wait again at once.
    private func noteStored() async {
        let isMissing = room.isMissing
        guard failing.withLock({ $0 }) || isMissing else { return }
        if isMissing {
            guard await hands.hasRoom() else { return }
            room.found()
        }
        failing.withLock { $0 = false }
        logger.notice("the store takes transactions again")
        report(.storeRecovered)
    }

    private func exchange(_ value: inout Bool, with new: Bool) -> Bool {
        defer { value = new }
        return value
    }
}

extension Transaction {
    /// Both as one; of states the later wins, of events at most `limit` are kept, the latest.
    func followed(by later: Transaction, limit: Int) -> Transaction {
        var result = self
        result.host = later.host ?? host
        result.services.merge(later.services) { $1 }
        result.events += later.events
        if result.events.count > limit {
            result.events.removeFirst(result.events.count - limit)
        }
        result.incidents.removeAll { old in later.incidents.contains { $0.id == old.id } }
        result.incidents += later.incidents
        result.messages += later.messages
        return result
    }
}
