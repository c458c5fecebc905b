// Runs tasks: `exec` under the shim, `unit` over D-Bus, `http` by the HTTP client. The records in
// a task's directory, not this object, say what was begun; so a second runner, after a crash,
// takes up where this one was.

import Synchronization
public import WatchCore
public import WatchHTTP
import WatchProbes
public import WatchUnits

public final class StepRunner: TaskRunner {
    private let settings: StepSettings
    private let secrets: any SecretSource
    private let bus: any UnitBus
    private let client: HTTPClient
    private let requests: RequestBuilder
    private let time: any TimeSource
    private let sleeper: any Sleeper
    private let sink: @Sendable (Event) -> Void
    private let turns = UnitTurns()
    private let underway = Mutex<[String: Cancellation]>([:])

    /// - Parameter sink: gets `Event.task`, on any thread.
    public init(
        settings: StepSettings, secrets: any SecretSource, bus: any UnitBus,
        client: HTTPClient, time: any TimeSource, sleeper: any Sleeper = TaskSleeper(),
        sink: @escaping @Sendable (Event) -> Void
    ) {
        self.settings = settings
        self.secrets = secrets
        self.bus = bus
        self.client = client
        requests = RequestBuilder(
            secrets: secrets, workers: BlockingWorkers(time: SystemSleeper()))
        self.time = time
        self.sleeper = sleeper
        self.sink = sink
    }

    public func run(_ task: StepTask) { perform(task) }

    // The same as `run`: both begin what was never begun, and only that.
    public func resume(_ task: StepTask) { perform(task) }

    public func cancel(id: String) {
        if let cancellation = underway.withLock({ $0[id] }) {
            cancellation.request()
            return
        }
        begin(id) { [self] directory, cancellation in
            cancellation.request()
            let intent = await OwnThread.run { try? directory.intent() }
            if let intent {
                return await unitStep(directory, cancellation).stop(intent)
            }
            if let record = await OwnThread.run({ try? directory.request() }) {
                return await httpStep(directory, cancellation).giveUp(record)
            }
            return await exec(nil, directory, cancellation)
        }
    }

    private func perform(_ task: StepTask) {
        begin(task.id) { [self] directory, cancellation in
            switch task.action {
            case .exec, .sql: await exec(task, directory, cancellation)
            case .http(let call):
                await httpStep(directory, cancellation).perform(task, call)
            case .wait, .manual:
                TaskResult(ending: .couldNotStart("nothing is run for a step that waits"))
            case .unit(let name, let with):
                await unitStep(directory, cancellation).perform(task, name: name, with: with)
            }
        }
    }

    /// Answers exactly once; nothing happens when the task is under way already.
    private func begin(
        _ id: String,
        _ work: @escaping @Sendable (TaskDirectory, Cancellation) async -> TaskResult
    ) {
        let fresh = underway.withLock { tasks -> Cancellation? in
            guard tasks[id] == nil else { return nil }
            let cancellation = Cancellation()
            tasks[id] = cancellation
            return cancellation
        }
        guard let fresh else { return }
        Task {
            let result: TaskResult
            do throws(RecordError) {
                result = await work(try TaskDirectory(id, in: settings.directory), fresh)
            } catch {
                result = TaskResult(ending: .couldNotStart(error.message))
            }
            // Nobody will ask what became of a mere question, and what it printed is not clean.
            if id.hasPrefix(StepTask.dryPrefix) { await remove(ids: [id], also: id) }
            underway.withLock { _ = $0.removeValue(forKey: id) }
            sink(.task(id: id, result))
        }
    }

    private func exec(
        _ task: StepTask?, _ directory: TaskDirectory, _ cancellation: Cancellation
    ) async -> TaskResult {
        let step = ExecStep(
            settings: settings, secrets: secrets, directory: directory, cancellation: cancellation)
        return await OwnThread.run { step.perform(task) }
    }

    private func httpStep(_ directory: TaskDirectory, _ cancellation: Cancellation) -> HTTPStep {
        HTTPStep(
            bootID: settings.bootID, requests: requests, client: client, time: time,
            sleeper: sleeper, directory: directory, cancellation: cancellation,
            clean: settings.clean)
    }

    private func unitStep(_ directory: TaskDirectory, _ cancellation: Cancellation) -> UnitStep {
        UnitStep(
            settings: settings, secrets: secrets, bus: bus, time: time, turns: turns,
            directory: directory, cancellation: cancellation)
    }
}

extension StepRunner {
    /// Removes the records of tasks nobody will ask about again. A task whose records are gone
    /// would run anew if it were asked for.
    public func remove(ids: [String]) async { await remove(ids: ids, also: nil) }

    /// - Parameter ending: one that is still noted as under way, but is not.
    private func remove(ids: [String], also ending: String?) async {
        let busy = underway.withLock { Set($0.keys) }.subtracting(ending.map { [$0] } ?? [])
        let directory = settings.directory
        await OwnThread.run {
            for id in ids where !busy.contains(id) {
                (try? TaskDirectory(id, in: directory))?.remove()
            }
        }
    }

    /// Removes the records of tasks that last changed before `limit` and do not run.
    /// - Returns: how many.
    @discardableResult
    public func removeTasks(
        olderThan limit: WallTime,
        where isMeant: @escaping @Sendable (String) -> Bool = { _ in true }
    ) async -> Int {
        let busy = underway.withLock { Set($0.keys) }
        let directory = settings.directory
        return await OwnThread.run {
            var removed = 0
            for id in TaskDirectory.entries(directory) where !busy.contains(id) && isMeant(id) {
                guard let task = try? TaskDirectory(id, in: directory),
                    let changed = task.changed(), changed < limit, !task.isRunning
                else { continue }
                task.remove()
                removed += 1
            }
            return removed
        }
    }
}

extension TaskDirectory {
    /// Whether its shim still lives.
    var isRunning: Bool {
        guard let claim = try? claim() else { return false }
        return ShimProcess.find(pid: claim.pid, start: claim.pidStart) != nil
    }
}
