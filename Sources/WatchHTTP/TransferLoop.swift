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
        let finish: @Sendable (consuming HTTPResult) -> Void

        init(
            id: UInt64, prepared: PreparedRequest, onBytes: (@Sendable ([UInt8]) -> Bool)?,
            exchange: Exchange?, finish: @escaping @Sendable (consuming HTTPResult) -> Void
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
        let names = NameGate()
        var crowd = 0
        while true {
            if takeTurns(multi, tools, names, &transfers) == .stopping { break }
            lookAfter(names, multi, tools, &transfers)
            multi.perform()
            names.settle(transfers, tools, at: time.boot())
            while let (id, code) = multi.nextFinished() {
                if let late = names.cameBack(id) {
                    multi.remove(late)
                    continue
                }
                if code == CURLE_OK, transfers[id]?.beginConversation(at: time.boot()) == true {
                    conversing.insert(id)
                    continue
                }
                guard let transfer = transfers.removeValue(forKey: id) else { continue }
                if let order = transfer.secondTry(code, at: time.boot()) {
                    multi.remove(transfer)
                    begin(order, multi, tools, &transfers)
                } else {
                    if code == CURLE_COULDNT_RESOLVE_HOST { tellOthers(transfer, names) }
                    finish(transfer, multi) { transfer.result(code) }
                }
            }
            converse(&conversing, multi, &transfers)
            Self.giveMemoryBack(transfers.count, &crowd)
            for item in names.admitted(at: time.boot()) {
                begin(item.order(at: time.boot()), multi, tools, &transfers)
            }
            let (isIdle, alarm) = state.withLock { ($0.isIdle(), $0.nextAlarm) }
            guard isIdle else { continue }
            let talks = conversing.compactMap { transfers[$0]?.conversation }
            let dues = [alarm, names.nextDeadline(transfers)].compactMap { $0 }
            multi.wait(milliseconds: Self.wait(talks, dues, time.boot()), for: talks)
        }
        for late in names.abandoned.values { multi.remove(late) }
        let waiting = names.takeAll().map(\.order)
        endWithout(multi: multi, transfers: transfers, waiting: waiting)
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
        _ multi: MultiHandle, _ tools: TransferTools, _ names: NameGate,
        _ transfers: inout [UInt64: Transfer]
    ) -> Turn {
        let now = time.boot()
        for _ in 0..<Self.turns {
            let contents = state.withLock { $0.take(at: now) }
            for message in contents.messages { obey(message, multi, tools, names, &transfers) }
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
        _ talks: [Conversation], _ others: [Instant], _ now: Instant
    ) -> Int32 {
        let dues = talks.compactMap(\.deadline) + others
        let next = dues.min().map { ($0 - now).nanoseconds / 1_000_000 + 1 }
        return Int32(min(1000, max(0, next ?? 1000)))
    }

    private func obey(
        _ message: TransferInbox.Message, _ multi: MultiHandle, _ tools: TransferTools,
        _ names: NameGate,
        _ transfers: inout [UInt64: Transfer]
    ) {
        switch message {
        case .start(let order):
            guard names.admits(order, at: time.boot()) else { return }
            begin(order, multi, tools, &transfers)
        case .cancel(let id):
            if let item = names.cancelled(id) {
                let message = "\(item.order.request.target): cancelled before it was asked"
                return answer(item.order, .failure(.unsent(.cancelled, message)))
            }
            guard let transfer = transfers.removeValue(forKey: id) else { return }
            guard transfer.isResolving else {
                return finish(transfer, multi) { transfer.cancelled() }
            }
            let result = transfer.cancelled()
            transfer.leaveAlone()
            names.abandon(transfer)
            answer(transfer.order, result)
        }
    }

    /// Names that do not come in time are given up, and so is waiting for them.
    private func lookAfter(
        _ names: NameGate, _ multi: MultiHandle, _ tools: TransferTools,
        _ transfers: inout [UInt64: Transfer]
    ) {
        let now = time.boot()
        for transfer in names.overdue(transfers, at: now) {
            transfers[transfer.order.id] = nil
            let result = transfer.giveUpName(at: now)
            names.abandon(transfer)
            answer(transfer.order, result)
        }
        for item in names.tiredOfWaiting(at: now) {
            answer(item.order, .failure(names.failure(of: item, at: now)))
        }
    }

    /// Nobody knows the name: those who wait for it need not ask again.
    private func tellOthers(_ transfer: Transfer, _ names: NameGate) {
        for order in names.others(waitingFor: transfer.order.prepared.nameToResolve) {
            let message =
                "\(order.request.target): the name was not resolved "
                + "(\(transfer.errorMessage)); check the host's resolver"
            answer(order, .failure(.unsent(.nameNotResolved, message)))
        }
    }

    /// Of one that is in no table.
    private func answer(_ order: Order, _ result: HTTPResult) {
        underWay.subtract(1, ordering: .relaxed)
        order.finish(result)
    }

    private func begin(
        _ order: Order, _ multi: MultiHandle, _ tools: TransferTools,
        _ transfers: inout [UInt64: Transfer]
    ) {
        guard let transfer = Transfer(order, tools), multi.add(transfer) else {
            let message = "\(order.request.target): libcurl has no memory"
            return answer(order, .failure(.unsent(.noLocalResources, message)))
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

    private func endWithout(
        multi: MultiHandle?, transfers: [UInt64: Transfer], waiting: [Order] = []
    ) {
        let rest = state.withLock { $0.close() }
        for transfer in transfers.values {
            if let multi { finish(transfer, multi) { transfer.cancelled() } }
        }
        let orders = rest.compactMap { if case .start(let order) = $0 { order } else { nil } }
        for order in waiting + orders {
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

extension NameGate.Waiting {
    /// Begun in the time that is left.
    fileprivate func order(at now: Instant) -> TransferLoop.Order {
        let waited = now - since
        guard waited >= .milliseconds(10) else { return order }
        var request = order.request
        request.timeout = request.timeout.map { Swift.max(.milliseconds(1), $0 - waited) }
        return order.with(request)
    }
}
