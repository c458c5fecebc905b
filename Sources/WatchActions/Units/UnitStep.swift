// One `unit` task: note the intent, start the unit, wait for its end, and say how it ended. After
// a crash the intent and the helper's log tell whether it ever began.

import WatchCore
import WatchSystem
import WatchUnits

struct UnitStep: Sendable {
    /// After asking for a stop; systemd kills after 90 s by default.
    static let patience = Duration.seconds(100)
    static let hostWentDown = "the host went down while it ran; how far it came is not recorded"

    let settings: StepSettings
    let secrets: any SecretSource
    let bus: any UnitBus
    let time: any TimeSource
    let turns: UnitTurns
    let directory: TaskDirectory
    let cancellation: Cancellation

    func perform(
        _ task: StepTask, name: String, with: Template?
    ) async throws(NoRoom) -> TaskResult {
        let began = time.now().boot
        let ending: UnitEnding
        let unit: UnitName
        do throws(CannotStart) {
            let value = try with?.filled(task.variables, secrets)
            unit = try UnitName(name: name, value: value)
            let found = await OwnThread.run { look() }
            switch found {
            case .ended(let record): return result(record.taskEnding, unit, record.took)
            case .lost(let why): return result(.unknown(why), unit, 0)
            case .begun(let intent):
                guard intent.unit == unit.unit else {
                    return result(.unknown("it was begun as \(intent.unit)"), unit, 0)
                }
                ending = await follow(unit, intent, limit: remaining(task, intent, began))
            case .fresh:
                ending = await follow(unit, nil, limit: task.timeout)
            }
        } catch {
            return await finish(
                UnitEnding(.couldNotStart(error.message)), nil, began)
        }
        // It was not asked for, and nothing is recorded that would keep it from being so later.
        if ending.isNoRoom { throw NoRoom(in: settings) }
        return await finish(ending, unit, began)
    }

    /// Stops what an intent tells of, without knowing its task.
    func stop(_ intent: UnitIntent) async -> TaskResult {
        let began = time.now().boot
        guard let unit = UnitName(unit: intent.unit) else {
            return TaskResult(ending: .unknown("\(directory.path) names no unit of ours"))
        }
        switch await OwnThread.run({ look() }) {
        case .ended(let record): return result(record.taskEnding, unit, record.took)
        case .lost(let why): return result(.unknown(why), unit, 0)
        case .fresh, .begun:
            let run = UnitRun(step: self, name: unit)
            run.markStarted()
            return await finish(await run.stop(.cancelled), unit, began)
        }
    }

    private enum Standing {
        case fresh
        case begun(UnitIntent)
        case ended(ExitRecord)
        case lost(String)
    }

    private func look() -> Standing {
        do throws(RecordError) {
            if let record = try directory.exit() { return .ended(record) }
            guard let intent = try directory.intent() else { return .fresh }
            guard intent.bootID == settings.bootID else {
                return .lost(Self.hostWentDown)
            }
            return .begun(intent)
        } catch {
            return .lost(error.message)
        }
    }

    private func remaining(_ task: StepTask, _ intent: UnitIntent, _ now: Instant) -> Duration {
        max(.seconds(1), task.timeout - (now - Instant(nanoseconds: intent.began)))
    }

    /// Runs it, or waits for it, until it ends, its time is up or somebody cancels.
    private func follow(
        _ name: UnitName, _ intent: UnitIntent?, limit: Duration
    ) async -> UnitEnding {
        let run = UnitRun(step: self, name: name)
        let first = await firstOf(limit, cancellation) { await run.go(intent) }
        switch first {
        case .done(let ending): return ending
        case .timeIsUp: return await run.stop(.timedOut)
        case .cancelled: return await run.stop(.cancelled)
        }
    }

    private func finish(
        _ ending: UnitEnding, _ name: UnitName?, _ began: Instant
    ) async -> TaskResult {
        let took = (time.now().boot - began).seconds
        if let record = ending.record(took: took) {
            // What is not recorded is found out again from the log when it is asked for.
            await OwnThread.run {
                try? directory.create()
                try? directory.write(record, ExitRecord.fileName)
            }
        }
        return result(ending.ending, name, took, ending.invocation)
    }

    private func result(
        _ ending: TaskResult.Ending, _ name: UnitName?, _ took: Double, _ invocation: String = ""
    ) -> TaskResult {
        var output = ""
        if let name {
            let filter =
                invocation.isEmpty ? "-u '\(name.unit)'" : "_SYSTEMD_INVOCATION_ID=\(invocation)"
            output = "[what it printed: journalctl \(filter)]"
        }
        return TaskResult(
            ending: ending, output: output, took: .nanoseconds(Int64(max(0, took) * 1e9)))
    }
}

/// How a unit's run ended, as far as is known.
struct UnitEnding: Sendable {
    var ending: TaskResult.Ending
    var invocation = ""
    /// It was not started, for nothing but want of room for the note of it.
    var isNoRoom = false

    init(_ ending: TaskResult.Ending, invocation: String = "") {
        self.ending = ending
        self.invocation = invocation
    }

    /// nil when it is not certain: then the next to ask looks again.
    func record(took: Double) -> ExitRecord? {
        switch ending {
        case .exited(let code): ExitRecord(ending: .exited, code: code, took: took)
        case .signalled(let code): ExitRecord(ending: .signalled, code: code, took: took)
        case .timedOut: ExitRecord(ending: .timedOut, took: took)
        case .cancelled: ExitRecord(ending: .cancelled, took: took)
        case .couldNotStart(let message): .couldNotStart(message)
        case .unexpected, .unknown: nil
        }
    }
}
