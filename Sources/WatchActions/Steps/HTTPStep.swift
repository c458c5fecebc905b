// One `http` task, from looking at what is there to its result. What was asked for may have been
// done although nobody answered, so a request that does something goes out once; its poll only
// reads, and goes on after any crash.

import WatchCore
import WatchHTTP
import WatchProbes

struct HTTPStep: Sendable {
    let settings: StepSettings
    let requests: RequestBuilder
    let client: HTTPClient
    let time: any TimeSource
    let sleeper: any Sleeper
    let directory: TaskDirectory
    let cancellation: Cancellation

    private enum Standing: Sendable {
        case fresh
        case begun(RequestRecord)
        case ended(TaskResult)
        case lost(String)
    }

    func perform(_ task: StepTask, _ call: HTTPCall) async throws(NoRoom) -> TaskResult {
        let now = time.now()
        var record = RequestRecord(bootID: settings.bootID, began: now)
        switch await OwnThread.run({ look() }) {
        case .ended(let result): return result
        case .lost(let why): return TaskResult(ending: .unknown(why))
        case .begun(let found): record = found
        case .fresh: break
        }
        let deadline = record.deadline(task.timeout, bootID: settings.bootID, now: now)
        let run = HTTPRun(step: self, task: task, call: call, record: record, deadline: deadline)
        let work = Task { () async -> Result<TaskResult, NoRoom> in
            var run = run
            do throws(NoRoom) {
                return .success(try await run.go())
            } catch {
                return .failure(error)
            }
        }
        cancellation.handle { work.cancel() }
        defer { cancellation.handle(nil) }
        return try await work.value.get()
    }

    /// Ends what an earlier process began, without knowing its task.
    func giveUp(_ record: RequestRecord) async -> TaskResult {
        await OwnThread.run { directory.removeUnfinished(RequestRecord.fileName) }
        if let result = record.result { return result }
        if record.isOut { return TaskResult(ending: .unknown(HTTPRun.lost)) }
        var record = record
        let result = TaskResult(ending: .cancelled, output: record.answer?.line ?? "")
        record.result = result
        let ended = record
        await OwnThread.run { try? directory.write(ended, RequestRecord.fileName) }
        return result
    }

    private func look() -> Standing {
        directory.removeUnfinished(RequestRecord.fileName)
        do throws(RecordError) {
            if let record = try directory.request() {
                return record.result.map { .ended($0) } ?? .begun(record)
            }
            // Given up before it began.
            if let exit = try directory.exit() {
                return .ended(TaskResult(ending: exit.taskEnding))
            }
            return try directory.claim() == nil ? .fresh : .ended(TaskResult(ending: .cancelled))
        } catch {
            return .lost(error.message)
        }
    }
}
