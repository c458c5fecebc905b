// The thread that owns the connection to the system bus: sends calls, takes their replies and
// systemd's signals, connects again when the bus was restarted. Nothing here blocks but poll.

import CSystemd
import Glibc

/// Confined to the bus thread.
final class BusLoop {
    static let systemd = "org.freedesktop.systemd1"
    static let manager = "/org/freedesktop/systemd1"
    static let managerInterface = "org.freedesktop.systemd1.Manager"
    private static let callTimeout: UInt64 = 30_000_000

    private let mailbox: BusMailbox
    private var bus: OpaquePointer?
    /// Calls without a reply yet. sd-bus holds a bare pointer to each.
    private var pending: [ObjectIdentifier: BusCall] = [:]
    /// Start jobs under way, by object path.
    private var jobs: [String: BusRequest.Answer<String?>] = [:]
    private var changes: [@Sendable () -> Void] = []

    init(_ mailbox: BusMailbox) { self.mailbox = mailbox }

    func run() {
        while let requests = mailbox.take() {
            for request in requests { handle(request) }
            process()
            wait()
        }
        disconnect("watchd stops")
    }

    private func handle(_ request: BusRequest) {
        if case .change(_, let answer) = request {
            changes.append(answer)
            return
        }
        if let error = connect() {
            request.fail(error)
            return
        }
        switch request {
        case .start(let unit, let answer):
            // Mode "fail": never throws out a job that somebody else queued, such as a stop or
            // the shutdown of the host; the refusal is an answer a person can read.
            let call = BusCall(Self.managerInterface, "StartUnit", [unit, "fail"])
            send(call) { [weak self] reply in
                switch reply {
                case .failure(let error): answer(.failure(error))
                case .success(let message):
                    guard let path = message.string("o") else {
                        answer(.failure(.lost("StartUnit answered without a job")))
                        return
                    }
                    self?.jobs[path] = answer
                }
            }
        case .stop(let unit, let answer):
            send(BusCall(Self.managerInterface, "StopUnit", [unit, "replace"])) {
                answer($0.map { _ in })
            }
        case .status(let unit, let answer):
            guard let path = Self.path(of: unit) else {
                answer(.failure(.noSuchUnit("no valid unit name")))
                return
            }
            send(BusCall("org.freedesktop.DBus.Properties", "GetAll", [""], path: path)) {
                answer($0.map { $0.unitStatus() })
            }
        case .change: break
        }
    }

    // MARK: Connection

    private func connect() -> UnitBusError? {
        guard bus == nil else { return nil }
        var opened: OpaquePointer?
        let code = sd_bus_open_system(&opened)
        guard code >= 0, let opened else {
            return .unreachable(String(cString: strerror(-code)))
        }
        bus = opened
        // Messages keep their order, so both are in force before any later call is handled.
        let own = Unmanaged.passUnretained(self).toOpaque()
        sd_bus_match_signal_async(
            opened, nil, Self.systemd, Self.manager, Self.managerInterface, "JobRemoved",
            onJobRemoved, onMatchAdded, own)
        send(BusCall(Self.managerInterface, "Subscribe", [])) { _ in }
        return nil
    }

    private func disconnect(_ why: String) {
        let calls = pending.values
        pending = [:]
        if let bus { sd_bus_close_unref(bus) }
        bus = nil
        for call in calls { call.finish(.failure(.lost(why))) }
        let answers = jobs.values
        jobs = [:]
        for answer in answers { answer(.success(nil)) }
        wakeChanges()
    }

    private func wakeChanges() {
        let waiting = changes
        changes = []
        for answer in waiting { answer() }
    }

    private func process() {
        while let bus {
            let code = sd_bus_process(bus, nil)
            if code == 0 { return }
            if code < 0 { disconnect(String(cString: strerror(-code))) }
        }
    }

    private func wait() {
        var events = [pollfd(fd: mailbox.wakeup, events: Int16(POLLIN), revents: 0)]
        if let bus {
            let descriptor = sd_bus_get_fd(bus)
            let wanted = sd_bus_get_events(bus)
            guard descriptor >= 0, wanted >= 0 else {
                disconnect("the connection broke")
                return
            }
            events.append(pollfd(fd: descriptor, events: Int16(wanted), revents: 0))
        }
        // Also for sd-bus's own time-outs of calls, which it checks when it processes.
        let isIdle = pending.isEmpty && jobs.isEmpty && changes.isEmpty
        let count = poll(&events, nfds_t(events.count), isIdle ? -1 : 1000)
        if count == 0 { tick() }
    }

    /// A second without news: signals can be lost while systemd or the bus restarts, so look.
    private func tick() {
        wakeChanges()
        for path in jobs.keys {
            let call = BusCall("org.freedesktop.DBus.Properties", "GetAll", [""], path: path)
            send(call) { [weak self] reply in
                guard case .failure(let error) = reply, case .refused = error else { return }
                self?.jobs.removeValue(forKey: path)?(.success(nil))
            }
        }
    }

    // MARK: Calls and signals

    private func send(
        _ call: BusCall, _ handler: @escaping (Result<BusMessage, UnitBusError>) -> Void
    ) {
        call.handler = handler
        call.done = { [weak self] in self?.pending[ObjectIdentifier($0)] = nil }
        pending[ObjectIdentifier(call)] = call
        guard let bus else {
            call.finish(.failure(.unreachable("not connected")))
            return
        }
        var message: OpaquePointer?
        defer { sd_bus_message_unref(message) }
        var code = sd_bus_message_new_method_call(
            bus, &message, Self.systemd, call.path, call.interface, call.member)
        for argument in call.arguments where code >= 0 {
            code = argument.withCString { sd_bus_message_append_basic(message, 115, $0) }
        }
        if code >= 0 {
            code = sd_bus_call_async(
                bus, nil, message, onReply, Unmanaged.passUnretained(call).toOpaque(),
                Self.callTimeout)
        }
        if code < 0 { call.finish(.failure(.unreachable(String(cString: strerror(-code))))) }
    }

    fileprivate func jobRemoved(_ message: BusMessage) {
        message.skip("u")
        guard let path = message.string("o") else { return }
        message.skip("s")
        let result = message.string("s")
        jobs.removeValue(forKey: path)?(.success(result))
        wakeChanges()
    }

    static func path(of unit: String) -> String? {
        var path: UnsafeMutablePointer<CChar>?
        guard sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) >= 0, let path
        else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}

private func onJobRemoved(
    _ message: OpaquePointer?, _ loop: UnsafeMutableRawPointer?,
    _ error: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
    if let message, let loop {
        Unmanaged<BusLoop>.fromOpaque(loop).takeUnretainedValue()
            .jobRemoved(BusMessage(message))
    }
    return 0
}

/// Without it a refused match would close the connection; `tick` makes up for the signals.
private func onMatchAdded(
    _ message: OpaquePointer?, _ loop: UnsafeMutableRawPointer?,
    _ error: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 { 0 }

private func onReply(
    _ message: OpaquePointer?, _ call: UnsafeMutableRawPointer?,
    _ error: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
    if let message, let call {
        let call = Unmanaged<BusCall>.fromOpaque(call).takeUnretainedValue()
        let message = BusMessage(message)
        call.finish(message.error.map { .failure($0) } ?? .success(message))
    }
    return 0
}
