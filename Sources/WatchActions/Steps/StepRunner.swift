// Runs tasks: `exec` under the shim, `unit` over D-Bus, `http` by the HTTP client. The records in
// a task's directory, not this object, say what was begun; so a second runner, after a crash,
// takes up where this one was.

import Synchronization
public import WatchCore
public import WatchHTTP
import WatchProbes
public import WatchUnits

public final class StepRunner: TaskRunner {
    let settings: StepSettings
    private let secrets: any SecretSource
    private let bus: any UnitBus
    private let client: HTTPClient
    private let requests: RequestBuilder
    private let time: any TimeSource
    private let sleeper: any Sleeper
    private let sink: @Sendable (Event) -> Void
    private let turns = UnitTurns()
    private let underway = Mutex<[String: Cancellation]>([:])

    /// - Parameter sink: gets `Event.task`, or `Event.storeFailed` instead, on any thread.
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
        // One that is just being put off does not heed it any more.
        if let cancellation = underway.withLock({ $0[id] }), cancellation.request() { return }
        begin(id) { [self] directory, cancellation async throws(NoRoom) -> TaskResult in
            cancellation.request()
            let intent = await OwnThread.run { try? directory.intent() }
            if let intent {
                return await unitStep(directory, cancellation).stop(intent)
            }
            if let record = await OwnThread.run({ try? directory.request() }) {
                return await httpStep(directory, cancellation).giveUp(record)
            }
            return try await exec(nil, directory, cancellation)
        }
    }

    private func perform(_ task: StepTask) {
        begin(task.id) { [self] directory, cancellation async throws(NoRoom) -> TaskResult in
            switch task.action {
            case .exec, .sql:
                return try await exec(task, directory, cancellation)
            case .http(let call):
                return try await httpStep(directory, cancellation).perform(task, call)
            case .wait, .manual:
                return TaskResult(ending: .couldNotStart("nothing is run for a step that waits"))
            case .unit(let name, let with):
                return try await unitStep(directory, cancellation)
                    .perform(task, name: name, with: with)
            }
        }
    }

    /// Answers exactly once; nothing happens when the task is under way already.
    private func begin(
        _ id: String,
        _ work:
            @escaping @Sendable (
                TaskDirectory, Cancellation
            ) async throws(NoRoom) -> TaskResult
    ) {
        let fresh = underway.withLock { tasks -> Cancellation? in
            guard tasks[id] == nil else { return nil }
            let cancellation = Cancellation()
            tasks[id] = cancellation
            return cancellation
        }
        guard let fresh else { return }
        Task {
            let answer = await answer(id, fresh, work)
            // Nobody will ask what became of a mere question, and what it printed is not clean.
            if id.hasPrefix(StepTask.dryPrefix) { await remove(ids: [id], also: id) }
            underway.withLock { _ = $0.removeValue(forKey: id) }
            if case .storeFailed = answer, fresh.close() {
                // Put off it would begin later all the same.
                sink(.task(id: id, TaskResult(ending: .cancelled)))
            } else {
                sink(answer)
            }
        }
    }

    private func answer(
        _ id: String, _ cancellation: Cancellation,
        _ work: (TaskDirectory, Cancellation) async throws(NoRoom) -> TaskResult
    ) async -> Event {
        guard let directory = try? TaskDirectory(id, in: settings.directory) else {
            let why = RecordError.noTask(id).message
            return .task(id: id, TaskResult(ending: .couldNotStart(why)))
        }
        do throws(NoRoom) {
            return .task(id: id, try await work(directory, cancellation))
        } catch {
            // A mere question is not asked again when there is room.
            guard !id.hasPrefix(StepTask.dryPrefix) else {
                return .task(id: id, TaskResult(ending: .couldNotStart(error.message)))
            }
            return .storeFailed(error.message, skipped: [id])
        }
    }

    private func exec(
        _ task: StepTask?, _ directory: TaskDirectory, _ cancellation: Cancellation
    ) async throws(NoRoom) -> TaskResult {
        let step = ExecStep(
            settings: settings, secrets: secrets, directory: directory, cancellation: cancellation)
        return try await OwnThread.run {
            Result { () throws(NoRoom) in try step.perform(task) }
        }.get()
    }

    private func httpStep(_ directory: TaskDirectory, _ cancellation: Cancellation) -> HTTPStep {
        HTTPStep(
            settings: settings, requests: requests, client: client, time: time,
            sleeper: sleeper, directory: directory, cancellation: cancellation)
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
