// systemd over the system bus. All of sd-bus happens on one thread (sd-bus(3): a connection may
// only be used by one thread at a time); this is the door to it.

import CProcess
import Glibc
import Synchronization
import WatchSystem

public final class SystemdBus: UnitBus {
    private let mailbox: BusMailbox

    private let hasThread = Mutex(false)

    /// Connects when first asked for something; `DBUS_SYSTEM_BUS_ADDRESS` is honoured.
    public init() { mailbox = BusMailbox() }

    deinit { mailbox.close() }

    private func post(_ request: BusRequest) {
        hasThread.withLock { hasThread in
            guard !hasThread else { return }
            hasThread = startThread { [mailbox] in BusLoop(mailbox).run() }
        }
        guard hasThread.withLock({ $0 }) else {
            request.fail(.unreachable("there is no thread for it"))
            return
        }
        mailbox.post(request)
    }

    public func start(_ unit: String) async throws(UnitBusError) -> String? {
        try await withCheckedContinuation { continuation in
            post(.start(unit) { continuation.resume(returning: $0) })
        }.get()
    }

    public func stop(_ unit: String) async throws(UnitBusError) {
        try await withCheckedContinuation { continuation in
            post(.stop(unit) { continuation.resume(returning: $0) })
        }.get()
    }

    public func status(_ unit: String) async throws(UnitBusError) -> UnitStatus {
        try await withCheckedContinuation { continuation in
            post(.status(unit) { continuation.resume(returning: $0) })
        }.get()
    }

    public func change(of unit: String) async {
        await withCheckedContinuation { continuation in
            post(.change(unit) { continuation.resume() })
        }
    }
}

/// What the bus thread is asked for; each is answered exactly once.
enum BusRequest: Sendable {
    typealias Answer<T> = @Sendable (Result<T, UnitBusError>) -> Void

    case start(String, Answer<String?>)
    case stop(String, Answer<Void>)
    case status(String, Answer<UnitStatus>)
    case change(String, @Sendable () -> Void)

    func fail(_ error: UnitBusError) {
        switch self {
        case .start(_, let answer): answer(.failure(error))
        case .stop(_, let answer): answer(.failure(error))
        case .status(_, let answer): answer(.failure(error))
        case .change(_, let answer): answer()
        }
    }
}

/// Requests on their way to the bus thread, and the descriptor that wakes it.
final class BusMailbox: Sendable {
    /// More than this many at once is a fault of ours.
    private static let limit = 1024

    private struct State {
        var requests: [BusRequest] = []
        var isClosed = false
    }

    let wakeup: Int32 = watchd_eventfd()
    private let state = Mutex(State())

    deinit { Glibc.close(wakeup) }

    func post(_ request: BusRequest) {
        let accepted = state.withLock { state in
            guard !state.isClosed, state.requests.count < Self.limit else { return false }
            state.requests.append(request)
            return true
        }
        guard accepted else {
            request.fail(.unreachable("too many requests wait for it"))
            return
        }
        ring()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        ring()
    }

    /// Everything that waits; nil once it is closed.
    func take() -> [BusRequest]? {
        var counter: UInt64 = 0
        _ = read(wakeup, &counter, 8)
        return state.withLock { state in
            defer { state.requests = [] }
            return state.isClosed && state.requests.isEmpty ? nil : state.requests
        }
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }
}
