// A systemd in memory that judges: it knows what runs, keeps the helper's log, and refuses what
// the real one would refuse.

import Glibc
import Synchronization
import Testing
import WatchCore
import WatchSystem
import WatchUnits

@testable import WatchActions

final class FakeSystemd: UnitBus, Sendable {
    struct Unit {
        var status = UnitStatus()
        var runs = 0
        var stops = 0
    }

    private struct State {
        var units: [String: Unit] = [:]
        var invocations = 0
        var jobs: [(unit: String, continuation: CheckedContinuation<String?, Never>)] = []
        var changes: [CheckedContinuation<Void, Never>] = []
        var starts: [CheckedContinuation<Void, Never>] = []
        var startError: UnitBusError?
        var stopError: UnitBusError?
        var statusErrors: [UnitBusError] = []
        var exitOnStart: Int?
        var refusals: [String: Int] = [:]
    }

    private let logs: String
    private let state = Mutex(State())

    init(logs: String) { self.logs = logs }

    // MARK: What the test does

    func refuseStarts(_ error: UnitBusError?) { state.withLock { $0.startError = error } }
    func refuseStops(_ error: UnitBusError?) { state.withLock { $0.stopError = error } }
    func failStatus(_ errors: UnitBusError...) { state.withLock { $0.statusErrors = errors } }
    /// Every start ends at once, with this exit status.
    func exitAtOnce(_ code: Int) { state.withLock { $0.exitOnStart = code } }
    /// The helper ends with this before it logs anything.
    func refuse(_ unit: String, _ code: Int) { state.withLock { $0.refusals[unit] = code } }
    func set(_ unit: String, _ status: UnitStatus) {
        state.withLock { $0.units[unit, default: Unit()].status = status }
        wake()
    }
    func runs(_ unit: String) -> Int { state.withLock { $0.units[unit]?.runs ?? 0 } }
    func stops(_ unit: String) -> Int { state.withLock { $0.units[unit]?.stops ?? 0 } }

    /// As if somebody else, or an earlier daemon, had started it.
    @discardableResult
    func launch(_ unit: String) -> String {
        let id = state.withLock { state in
            state.invocations += 1
            let id = "invocation\(state.invocations)"
            #expect(state.units[unit]?.status.isIdle ?? true, "\(unit) runs already")
            state.units[unit, default: Unit()].runs += 1
            state.units[unit]?.status = UnitStatus(activeState: "activating", invocationID: id)
            return id
        }
        log(unit, "\(id) begin")
        return id
    }

    /// The unit's program ends; without a status it was killed before the helper could write.
    func end(_ unit: String, exit: Int?, signal: Int = 9) {
        let id = state.withLock { $0.units[unit]?.status.invocationID ?? "" }
        if let exit { log(unit, "\(id) exit \(exit)") }
        let waiting = state.withLock { state in
            let code =
                exit.map { ($0 == 0 ? "success" : "exit-code", 1, $0) } ?? ("signal", 2, signal)
            state.units[unit]?.status = UnitStatus(
                activeState: exit == 0 ? "inactive" : "failed", invocationID: id, result: code.0,
                mainCode: code.1, mainStatus: code.2)
            defer { state.jobs.removeAll { $0.unit == unit } }
            return state.jobs.filter { $0.unit == unit }
        }
        for job in waiting { job.continuation.resume(returning: exit == 0 ? "done" : "failed") }
        wake()
    }

    /// Returns when something was started.
    func started() async {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                if state.units.values.contains(where: { !$0.status.isIdle }) { return true }
                state.starts.append(continuation)
                return false
            }
            if now { continuation.resume() }
        }
    }

    func log(_ unit: String, _ line: String) {
        let name = UnitName(unit: unit).map { UnitLog($0, in: logs).path } ?? ""
        let file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        _ = (line + "\n").withCString { write(file, $0, strlen($0)) }
        close(file)
    }

    private func wake() {
        let waiting = state.withLock { state in
            defer { state.changes = [] }
            return state.changes
        }
        for continuation in waiting { continuation.resume() }
    }

    // MARK: UnitBus

    func start(_ unit: String) async throws(UnitBusError) -> String? {
        if let error = state.withLock({ $0.startError }) { throw error }
        if let code = state.withLock({ $0.refusals[unit] }) {
            set(
                unit,
                UnitStatus(
                    activeState: "failed", invocationID: "refused", result: "exit-code",
                    mainCode: 1, mainStatus: code))
            return "failed"
        }
        launch(unit)
        if let code = state.withLock({ $0.exitOnStart }) {
            end(unit, exit: code)
            return code == 0 ? "done" : "failed"
        }
        return await withCheckedContinuation { continuation in
            let waiting = state.withLock { state in
                state.jobs.append((unit, continuation))
                defer { state.starts = [] }
                return state.starts
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    func stop(_ unit: String) async throws(UnitBusError) {
        if let error = state.withLock({ $0.stopError }) { throw error }
        let runs = state.withLock { state in
            state.units[unit, default: Unit()].stops += 1
            return state.units[unit]?.status.isIdle == false
        }
        if runs { end(unit, exit: nil, signal: 15) }
    }

    func status(_ unit: String) async throws(UnitBusError) -> UnitStatus {
        let error = state.withLock {
            $0.statusErrors.isEmpty ? nil : Optional($0.statusErrors.removeFirst())
        }
        if let error { throw error }
        return state.withLock { $0.units[unit]?.status ?? UnitStatus() }
    }

    func change(of unit: String) async {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                // Nothing to wait for is what the real one's second is for.
                if state.units[unit]?.status.isIdle ?? true { return true }
                state.changes.append(continuation)
                return false
            }
            if now { continuation.resume() }
        }
    }
}

extension Bench {
    func unit(
        _ name: String, with: String? = nil, id: String = "t1", timeout: Duration = .seconds(600),
        variables: [String: String] = ["to.version": "1.9.0"]
    ) -> StepTask {
        StepTask(
            id: id, service: "shop", rollback: "shop-1-r1", title: "step",
            action: .unit(name: name, with: with.flatMap { try? Template($0) }),
            variables: variables, timeout: timeout)
    }
}
