// The probe kind `unit`: looks at a unit of systemd over D-Bus. A unit that is down is a fact
// about the target; a bus that cannot be asked, and a unit that is not there, are ours.

import Synchronization
import WatchCore
import WatchUnits

final class UnitProbe: Sendable {
    /// Where the processor time of a unit stood, to tell what it used since.
    private struct Usage {
        var invocation: String
        var at: Instant
        var nanoseconds: UInt64
    }

    private static let usageLimit = 10_000
    /// Over less the kernel's own counting is coarser than what is asked for.
    private static let leastInterval = Duration.seconds(1)

    private let bus: any UnitBus
    private let time: any Sleeper
    private let usages = Mutex<[String: Usage]>([:])

    init(bus: any UnitBus, time: any Sleeper) {
        self.bus = bus
        self.time = time
    }

    func run(_ check: UnitCheck, _ run: ProbeRun) async -> ProbeReport {
        var report = ProbeReport(started: time.now().boot, run)
        let (unit, started, timeout) = (check.unit, report.result.started, run.timeout)
        let answer = OneAnswer<Result<UnitStatus, UnitBusError>?>()
        // The reply may come when nobody waits for it any more; sd-bus gives it up after 30 s.
        Task { [bus] in
            do throws(UnitBusError) {
                answer.give(.success(try await bus.status(unit)))
            } catch {
                answer.give(.failure(error))
            }
        }
        let timer = Task { [time] in
            await time.sleep(until: started + timeout)
            answer.give(nil)
        }
        defer { timer.cancel() }
        switch await answer.value() {
        case nil:
            report.result.outcome = .error(
                "systemd did not answer within \(timeout.text); is it busy? see systemctl status")
        case .failure(let error): report.result.outcome = .error(explain(error, unit))
        case .success(let status):
            report.result.restarts = status.restarts
            // What it had used, it had when systemd looked, not when we asked.
            report.result.outcome = judge(status, check, at: time.now().boot)
            // What a unit is like explains more than whether it is well: kept with each result.
            report.result.body = UnitState(status).lines.joined(separator: "\n")
            if run.isTraced { report.trace.answered = UnitState(status).lines }
        }
        report.result.took = time.now().boot - started
        return report
    }

    private func judge(
        _ status: UnitStatus, _ check: UnitCheck, at now: Instant
    ) -> ProbeResult.Outcome {
        let unit = check.unit
        guard status.loadState != "not-found" else {
            return .error(
                "there is no unit \(printable(unit)) on this host; correct its name, or install it")
        }
        if let complaint = UnitState(status).complaint(check.states) {
            return .fail("\(printable(unit)) \(complaint)")
        }
        let share = share(of: status, unit, at: now)
        if let limit = check.memoryBelow {
            guard let memory = status.memory else {
                return .error(unaccounted(unit, "memory", "MemoryAccounting=yes"))
            }
            if Double(memory) >= limit {
                return .fail(
                    "\(printable(unit)) uses \(ByteCount.text(Double(memory))) of memory, expected "
                        + "< \(ByteCount.text(limit))")
            }
        }
        if let limit = check.cpuBelow {
            guard status.cpuNanoseconds != nil else {
                return .error(unaccounted(unit, "processor time", "CPUAccounting=yes"))
            }
            // The first look has nothing to compare with.
            if let share, share >= limit {
                return .fail(
                    "\(printable(unit)) uses \(percent(share)) of a core, expected "
                        + "< \(percent(limit))")
            }
        }
        return .pass
    }

    /// Cores used since the look before; nil where there was none, of this run of the unit, or it
    /// was just now.
    private func share(of status: UnitStatus, _ unit: String, at now: Instant) -> Double? {
        guard let used = status.cpuNanoseconds else { return nil }
        let usage = Usage(invocation: status.invocationID, at: now, nanoseconds: used)
        let before = usages.withLock { usages in
            let before = usages[unit]
            if let before, before.invocation == usage.invocation, before.at <= now,
                now - before.at < Self.leastInterval
            {
                return nil as Usage?
            }
            if before != nil || usages.count < Self.usageLimit { usages[unit] = usage }
            return before
        }
        guard let before, before.invocation == usage.invocation, before.at < now,
            before.nanoseconds <= used
        else { return nil }
        return Double(used - before.nanoseconds) / Double((now - before.at).nanoseconds)
    }

    private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    private func unaccounted(_ unit: String, _ what: String, _ setting: String) -> String {
        "systemd does not count the \(what) of \(printable(unit)); set \(setting) in its unit "
            + "file, or remove the bound if this host's control groups cannot"
    }

    private func explain(_ error: UnitBusError, _ unit: String) -> String {
        switch error {
        case .unreachable(let why):
            "the system bus cannot be reached (\(printable(why))); is this host run by systemd?"
        case .lost(let why): "systemd did not answer: \(printable(why))"
        case .accessDenied(let why):
            "watchd may not look at \(printable(unit)): \(printable(why))"
        case .noSuchUnit(let why), .refused(let why):
            "systemd says of \(printable(unit)): \(printable(why))"
        }
    }
}

/// The states of a unit in words.
struct UnitState {
    private let status: UnitStatus

    init(_ status: UnitStatus) { self.status = status }

    /// What is wrong with it; nil: it is in one of `wanted`.
    func complaint(_ wanted: [UnitCheck.State]) -> String? {
        guard status.loadState == "loaded" else {
            return "cannot be run: its load state is '\(printable(status.loadState))'; see "
                + "systemctl status"
        }
        let standard: [UnitCheck.State] = [.active, .reloading]
        let known = UnitCheck.State(rawValue: status.activeState)
        if let known, (wanted.isEmpty ? standard : wanted).contains(known) { return nil }
        let restarts = status.restarts.map { $0 > 0 ? ", restarted \($0)×" : "" } ?? ""
        if status.subState == "auto-restart" {
            return "ended and waits to be started again (\(ending)\(restarts))"
        }
        let expected = wanted.isEmpty ? "" : ", expected \(names(wanted))"
        switch known {
        case .failed: return "failed (\(ending)\(restarts))\(expected)"
        case .inactive: return "does not run (\(ending)\(restarts))\(expected)"
        case .active, .reloading, .activating, .deactivating, nil:
            let state = printable(status.activeState, limit: 40)
            return "is \(state) (\(printable(status.subState, limit: 40))\(restarts))\(expected)"
        }
    }

    private func names(_ states: [UnitCheck.State]) -> String {
        states.map(\.rawValue).joined(separator: " or ")
    }

    /// What a person would ask systemctl for.
    var lines: [String] {
        let state = "\(status.loadState), \(status.activeState) (\(status.subState))"
        var lines = [state, "result \(ending)"]
        if !status.invocationID.isEmpty { lines.append("invocation \(status.invocationID)") }
        if let restarts = status.restarts { lines.append("restarted \(restarts)×") }
        if let memory = status.memory { lines.append("memory \(ByteCount.text(Double(memory)))") }
        if let used = status.cpuNanoseconds {
            lines.append("processor time \(Duration.nanoseconds(Int64(clamping: used)).text)")
        }
        return lines
    }

    /// `exit-code: exit status 3`. CLD_EXITED is 1, CLD_KILLED 2, CLD_DUMPED 3 (siginfo.h).
    private var ending: String {
        let result = printable(status.result.isEmpty ? "unknown" : status.result, limit: 40)
        switch status.mainCode {
        case 1: return "\(result): exit status \(status.mainStatus)"
        case 2: return "\(result): killed by signal \(status.mainStatus)"
        case 3: return "\(result): signal \(status.mainStatus), core dumped"
        default: return result
        }
    }
}
