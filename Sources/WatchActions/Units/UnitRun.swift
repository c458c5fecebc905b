// The part of a unit task that talks to systemd, and may lose the race against time or a cancel:
// what is decided under its lock is that a unit is never started after its stop was asked for.

import Synchronization
import WatchCore
import WatchSystem
import WatchUnits

final class UnitRun: Sendable {
    private enum Phase {
        /// Nothing was asked of systemd yet.
        case before
        case started
        /// Somebody wants it stopped: nothing may be started any more.
        case stopping
    }

    /// Rounds of about a second while a stop is awaited; a bound for when there is no bus.
    private static let stopRounds = 200

    private let step: UnitStep
    let name: UnitName
    private let phase = Mutex(Phase.before)
    /// How many `go` are under way: a start may still be on its way to systemd.
    private let going = Mutex(0)
    private let gone = Waker()

    init(step: UnitStep, name: UnitName) {
        self.step = step
        self.name = name
    }

    /// From now on a stop goes to the unit.
    func markStarted() {
        phase.withLock { if $0 == .before { $0 = .started } }
    }

    /// Starts the unit if it surely never began, and waits for its end.
    func go(_ intent: UnitIntent?) async -> UnitEnding {
        going.withLock { $0 += 1 }
        defer {
            going.withLock { $0 -= 1 }
            gone.wake()
        }
        if intent != nil { markStarted() }
        // systemd joins a start of a unit that already starts; two tasks must not share a run.
        while !step.turns.take(name.unit) {
            if phase.withLock({ $0 == .stopping }) { return UnitEnding(.cancelled) }
            await step.bus.change(of: name.unit)
        }
        defer { step.turns.giveBack(name.unit) }
        guard let intent else {
            // Also when another task runs the same unit: joining its job would take its end for
            // ours.
            switch await idle(retries: false) {
            case .failure(let error): return UnitEnding(.couldNotStart(explain(error)))
            case .success(let status): return await begin(status)
            }
        }
        let status: UnitStatus
        switch await idle(retries: true) {
        case .failure(let error): return UnitEnding(.unknown(explain(error)))
        case .success(let found): status = found
        }
        if let before = intent.systemRun, let now = await systemRun(), before != now {
            return UnitEnding(.unknown(UnitStep.hostWentDown))
        }
        switch await newLines(intent) {
        case .failure(let error): return unreadable(error)
        case .success(let lines):
            let ran = !["", intent.invocationBefore].contains(status.invocationID)
            return lines.isEmpty && !ran
                ? await start(intent) : conclude(nil, lines, status, intent)
        }
    }

    /// Ends the task: stops the unit if it was started.
    func stop(_ ending: TaskResult.Ending) async -> UnitEnding {
        let wasStarted = phase.withLock { phase in
            defer { phase = .stopping }
            return phase == .started
        }
        guard wasStarted else {
            guard ending == .timedOut else { return UnitEnding(ending) }
            return UnitEnding(
                .couldNotStart(
                    "an earlier run of \(name.unit) did not end in time; see systemctl status "
                        + "'\(name.unit)'"))
        }
        let stopped = await firstOf(UnitStep.patience, nil) { [self] in await stopUnit() }
        switch stopped {
        case .done(nil): return UnitEnding(ending)
        case .done(let error?):
            return UnitEnding(
                .unknown("\(name.unit) could not be stopped and may still run: \(explain(error))"))
        case .timeIsUp, .cancelled:
            return UnitEnding(.unknown("\(name.unit) was told to stop, and still runs"))
        }
    }

    /// Until the unit is idle and no start can follow.
    private func stopUnit() async -> UnitBusError? {
        var last: UnitBusError?
        for _ in 0..<Self.stopRounds {
            do throws(UnitBusError) {
                try await step.bus.stop(name.unit)
                let status = try await step.bus.status(name.unit)
                last = nil
                if status.isIdle {
                    if going.withLock({ $0 == 0 }) { return nil }
                    await gone.wait(for: .seconds(1), TaskSleeper())
                    continue
                }
            } catch {
                switch error {
                case .unreachable, .lost: last = error
                case .accessDenied, .refused: return error
                // Forgotten by systemd, so it does not run.
                case .noSuchUnit: return nil
                }
            }
            await step.bus.change(of: name.unit)
        }
        return last ?? .refused("it does not stop")
    }

    private func begin(_ status: UnitStatus) async -> UnitEnding {
        guard status.loadState == "loaded" else {
            return UnitEnding(.couldNotStart(explain(.noSuchUnit(status.loadState))))
        }
        let log = UnitLog(name, in: step.settings.unitLogs)
        let settings = step.settings
        let (directory, unit, began) = (step.directory, name.unit, step.time.now().boot)
        let systemRun = await systemRun()
        let intent = await OwnThread.run { () -> Result<UnitIntent, SystemError> in
            Result { () throws(SystemError) in
                let intent = UnitIntent(
                    bootID: settings.bootID, unit: unit, linesBefore: try log.lines().count,
                    invocationBefore: status.invocationID, began: began.nanoseconds,
                    systemRun: systemRun)
                try settings.withReserve { () throws(SystemError) in
                    try directory.create()
                    try directory.write(intent, UnitIntent.fileName)
                }
                return intent
            }
        }
        switch intent {
        case .failure(let error):
            var ending = UnitEnding(
                .couldNotStart("\(error); without that note it could be run twice after a crash"))
            ending.isNoRoom = error.isNoRoom
            return ending
        case .success(let intent):
            markStarted()
            return await start(intent)
        }
    }

    /// Tells one run of systemd from the next where the kernel's boot id does not: a container has
    /// that of its host, and its /run and its units know nothing either after it was started
    /// again. What is begun first of all is begun once in each.
    private func systemRun() async -> String? {
        let first = try? await step.bus.status("sysinit.target")
        return first.flatMap { $0.invocationID.isEmpty ? nil : $0.invocationID }
    }

    private func start(_ intent: UnitIntent) async -> UnitEnding {
        guard phase.withLock({ $0 == .started }) else { return UnitEnding(.cancelled) }
        let job: String?
        do throws(UnitBusError) {
            job = try await step.bus.start(name.unit)
        } catch {
            guard case .lost = error else { return UnitEnding(.couldNotStart(explain(error))) }
            return await wait(nil, intent, ifNothing: explain(error))
        }
        return await wait(job, intent, ifNothing: "\(name.unit) ended unseen")
    }

    /// Waits for the end of what was started.
    private func wait(
        _ job: String?, _ intent: UnitIntent, ifNothing: String
    ) async -> UnitEnding {
        switch (await idle(retries: true), await newLines(intent)) {
        case (.failure(let error), _): return UnitEnding(.unknown(explain(error)))
        case (_, .failure(let error)): return unreadable(error)
        case (.success(let status), .success(let lines)):
            if job == nil && lines.isEmpty { return UnitEnding(.unknown(ifNothing)) }
            return conclude(job, lines, status, intent)
        }
    }

    /// Waits until the unit neither runs nor is about to.
    /// - Parameter retries: go on asking while there is no bus; the caller's time limits it.
    private func idle(retries: Bool) async -> Result<UnitStatus, UnitBusError> {
        while true {
            do throws(UnitBusError) {
                let status = try await step.bus.status(name.unit)
                if status.isIdle || status.loadState == "not-found" { return .success(status) }
            } catch {
                switch error {
                case .unreachable, .lost: if !retries { return .failure(error) }
                case .accessDenied, .noSuchUnit, .refused: return .failure(error)
                }
            }
            // The loser of the race; its answer is not heard.
            if phase.withLock({ $0 == .stopping }) { return .failure(.refused("stopping")) }
            await step.bus.change(of: name.unit)
        }
    }

    private func newLines(_ intent: UnitIntent) async -> Result<[UnitLog.Line], SystemError> {
        let log = UnitLog(name, in: step.settings.unitLogs)
        return await OwnThread.run {
            Result { () throws(SystemError) in
                let lines = try log.lines()
                // Fewer than before: the old log was cleaned away, so all of these are new.
                let new = lines.count < intent.linesBefore ? 0 : intent.linesBefore
                return lines.dropFirst(new).compactMap { $0 }
            }
        }
    }

    private func unreadable(_ error: SystemError) -> UnitEnding {
        UnitEnding(
            .unknown("\(error), so nobody knows how it ended; watchd must be able to read that log")
        )
    }
}
