// The client's thread: takes orders from a bounded inbox, lets libcurl work, hands results back.
// Only this thread touches libcurl, except for `curl_multi_wakeup`, which is made for others
// (curl_multi_wakeup(3)) and is called under the lock that also guards the handle's end.

import CCurl
import Glibc
import Synchronization
import WatchCore
import WatchSystem

final class TransferLoop: Sendable {
    /// A class: a request has many fields, and copying it from hand to hand would count all of
    /// them up and down each time.
    final class Order: Sendable {
        let id: UInt64
        let prepared: PreparedRequest
        let onBytes: (@Sendable ([UInt8]) -> Bool)?
        /// What is said and heard once there is a connection.
        let exchange: Exchange?
        /// Called once, whatever happens.
        let finish: @Sendable (HTTPResult) -> Void

        init(
            id: UInt64, prepared: PreparedRequest, onBytes: (@Sendable ([UInt8]) -> Bool)?,
            exchange: Exchange?, finish: @escaping @Sendable (HTTPResult) -> Void
        ) {
            self.id = id
            self.prepared = prepared
            self.onBytes = onBytes
            self.exchange = exchange
            self.finish = finish
        }

        var request: HTTPRequest { prepared.request }

        /// The same with another request.
        func with(_ request: HTTPRequest) -> Order {
            Order(
                id: id, prepared: PreparedRequest(request), onBytes: onBytes, exchange: exchange,
                finish: finish)
        }
    }

    private let state = Mutex(TransferInbox())
    /// Orders taken and not finished; counted without the lock, which both sides want all the time.
    private let underWay = Atomic(0)
    private let lastID = Atomic<UInt64>(0)
    private let userAgent: String
    private let keptFor: Duration
    private let limit: Int
    private let time = SystemTime()

    init(userAgent: String, limit: Int, keptFor: Duration) {
        self.userAgent = userAgent
        self.keptFor = keptFor
        self.limit = limit
    }

    func start() {
        let started = startThread { self.run() }
        guard !started else { return }
        endWithout(multi: nil, transfers: [:])
    }

    func newID() -> UInt64 { lastID.add(1, ordering: .relaxed).newValue }

    func submit(_ order: Order) {
        let refused: HTTPFailure? = state.withLock {
            guard !$0.stopping else {
                return .unsent(.cancelled, "\(order.request.target): the HTTP client is shut down")
            }
            guard underWay.load(ordering: .relaxed) < limit else {
                return .unsent(
                    .noLocalResources,
                    "\(order.request.target): not asked, \(limit) requests are under way already")
            }
            underWay.add(1, ordering: .relaxed)
            $0.put(.start(order))
            return nil
        }
        if let refused { order.finish(.failure(refused)) }
    }

    func cancel(_ id: UInt64) {
        state.withLock {
            guard underWay.load(ordering: .relaxed) > 0 else { return }
            $0.put(.cancel(id))
        }
    }

    /// - Returns: false when the thread has ended.
    func take(_ job: UnownedJob) -> Bool { state.withLock { $0.put(job) } }

    /// In place of the alarm of that id that was set before.
    func set(_ alarm: TransferInbox.Alarm) {
        if !state.withLock({ $0.set(alarm) }) { Self.ringElsewhere(alarm) }
    }

    func shutdown() { state.withLock { $0.stop() } }

    /// Returns when the thread is done with libcurl. Until then the program must not exit:
    /// libraries are taken down under whoever still uses them.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let mustWait = state.withLock { $0.waitForEnd(continuation) }
            if !mustWait { continuation.resume() }
        }
    }

    // MARK: - On the thread

    private func run() {
        guard let multi = MultiHandle() else { return endWithout(multi: nil, transfers: [:]) }
        state.withLock { $0.multi = multi }
        let tools = TransferTools(userAgent: userAgent, keptFor: keptFor)
        var transfers: [UInt64: Transfer] = [:]
        var conversing: Set<UInt64> = []
        var crowd = 0
        while true {
            if takeTurns(multi, tools, &transfers) == .stopping { break }
            multi.perform()
            while let (id, code) = multi.nextFinished() {
                if code == CURLE_OK, transfers[id]?.beginConversation(at: time.boot()) == true {
                    conversing.insert(id)
                    continue
                }
                guard let transfer = transfers.removeValue(forKey: id) else { continue }
                if let order = transfer.secondTry(code, at: time.boot()) {
                    multi.remove(transfer)
                    begin(order, multi, tools, &transfers)
                } else {
                    finish(transfer, multi) { transfer.result(code) }
                }
            }
            converse(&conversing, multi, &transfers)
            Self.giveMemoryBack(transfers.count, &crowd)
            let (isIdle, alarm) = state.withLock { ($0.isIdle(), $0.nextAlarm) }
            guard isIdle else { continue }
            let talks = conversing.compactMap { transfers[$0]?.conversation }
            multi.wait(milliseconds: Self.wait(talks, alarm, time.boot()), for: talks)
        }
        endWithout(multi: multi, transfers: transfers)
    }

    /// A crowd, as at the start of ten thousand probes, leaves hundreds of megabytes that are free
    /// but in pieces, which malloc keeps unless it is asked.
    private static func giveMemoryBack(_ count: Int, _ crowd: inout Int) {
        crowd = max(crowd, count)
        guard crowd >= Self.crowd, count < Self.crowd / 8 else { return }
        crowd = 0
        malloc_trim(0)
    }

    /// So many transfers at once are one.
    private static let crowd = 512

    private enum Turn { case over, stopping }

    /// Begins what is asked, and lets tasks go on that live here, with what comes of it at once;
    /// but not for ever, since others wait for the network.
    private func takeTurns(
        _ multi: MultiHandle, _ tools: TransferTools, _ transfers: inout [UInt64: Transfer]
    ) -> Turn {
        let now = time.boot()
        for _ in 0..<Self.turns {
            let contents = state.withLock { $0.take(at: now) }
            for message in contents.messages { obey(message, multi, tools, &transfers) }
            run(contents.jobs)
            for alarm in contents.alarms { alarm.ring() }
            if contents.stopping { return .stopping }
            if contents.isEmpty { break }
        }
        return .over
    }

    private static let turns = 8

    /// Goes on with those that talk; with whom is for the kernel to say, so all are asked.
    private func converse(
        _ conversing: inout Set<UInt64>, _ multi: MultiHandle, _ transfers: inout [UInt64: Transfer]
    ) {
        guard !conversing.isEmpty else { return }
        for id in conversing {
            guard let transfer = transfers[id] else {
                conversing.remove(id)
                continue
            }
            guard let result = transfer.converse(at: time.boot()) else { continue }
            conversing.remove(id)
            transfers[id] = nil
            finish(transfer, multi) { result }
        }
    }

    /// libcurl knows its own deadlines; these are ours.
    private static func wait(
        _ talks: [Conversation], _ alarm: Instant?, _ now: Instant
    ) -> Int32 {
        let dues = talks.compactMap(\.deadline) + (alarm.map { [$0] } ?? [])
        let next = dues.min().map { ($0 - now).nanoseconds / 1_000_000 + 1 }
        return Int32(min(1000, max(0, next ?? 1000)))
    }

    private func obey(
        _ message: TransferInbox.Message, _ multi: MultiHandle, _ tools: TransferTools,
        _ transfers: inout [UInt64: Transfer]
    ) {
        switch message {
        case .start(let order): begin(order, multi, tools, &transfers)
        case .cancel(let id):
            guard let transfer = transfers.removeValue(forKey: id) else { return }
            finish(transfer, multi) { transfer.cancelled() }
        }
    }

    private func begin(
        _ order: Order, _ multi: MultiHandle, _ tools: TransferTools,
        _ transfers: inout [UInt64: Transfer]
    ) {
        guard let transfer = Transfer(order, tools), multi.add(transfer) else {
            underWay.subtract(1, ordering: .relaxed)
            let message = "\(order.request.target): libcurl has no memory"
            order.finish(.failure(.unsent(.noLocalResources, message)))
            return
        }
        transfers[order.id] = transfer
    }

    /// The result is read before the handle goes, and given away after the count is right again.
    private func finish(
        _ transfer: Transfer, _ multi: MultiHandle, _ result: () -> HTTPResult
    ) {
        let answer = result()
        multi.remove(transfer)
        underWay.subtract(1, ordering: .relaxed)
        transfer.order.finish(answer)
    }

    private func endWithout(multi: MultiHandle?, transfers: [UInt64: Transfer]) {
        let rest = state.withLock { $0.close() }
        for transfer in transfers.values {
            if let multi { finish(transfer, multi) { transfer.cancelled() } }
        }
        for case .start(let order) in rest {
            let message = "\(order.request.target): the HTTP client is shut down"
            order.finish(.failure(.unsent(.cancelled, message)))
        }
        multi?.close()
        let (jobs, alarms, waiters) = state.withLock { $0.end() }
        for waiter in waiters { waiter.resume() }
        for job in jobs { Self.runElsewhere(job) }
        for alarm in alarms { Self.ringElsewhere(alarm) }
    }
}
