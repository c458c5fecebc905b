// One `exec` task, from looking at what is there to its result. Everything here blocks, and runs
// on a thread of its own.

import Glibc
import WatchCore
import WatchSystem

struct ExecStep: Sendable {
    private enum Standing {
        /// Nobody claimed it, so it never began.
        case fresh
        case running(ShimProcess)
        case ended(ExitRecord)
        /// Its shim is dead, and what it ran may live.
        case orphaned(Claim)
        /// It began, and how it ended nobody knows.
        case lost(String)
    }

    let settings: StepSettings
    let secrets: any SecretSource
    let directory: TaskDirectory
    let cancellation: Cancellation

    private static let startsAtMost = 2

    /// - Parameter task: nil when it is only to be stopped, and never begun.
    func perform(_ task: StepTask?) throws(NoRoom) -> TaskResult {
        var starts = 0
        // Over, or never to begin: what was to be read may hold secrets.
        defer { unlink(directory.inputPath) }
        // Looked at again after each wait; the bound only guards against a fault of our own.
        for _ in 0..<8 {
            switch look() {
            case .ended(let record): return result(record, task)
            case .lost(let why): return TaskResult(ending: .unknown(why), output: output(task))
            case .orphaned(let claim): return orphaned(claim, task)
            case .running(let shim):
                if follow(shim, task) == .timedOut { return stuck(shim, task) }
            case .fresh:
                if let verdict = try begin(task, starts: starts) {
                    guard let result = settle(verdict) else { continue }
                    return result
                }
                starts += 1
            }
        }
        return TaskResult(ending: .unknown("its records in \(directory.path) keep changing"))
    }

    private func look() -> Standing {
        do throws(RecordError) {
            if let record = try directory.exit() { return .ended(record) }
            guard let claim = try directory.claim() else { return .fresh }
            guard claim.bootID == settings.bootID else {
                return .lost("the host went down while it ran; how far it came is not recorded")
            }
            if let shim = ShimProcess.find(pid: claim.pid, start: claim.pidStart) {
                return .running(shim)
            }
            // It may have ended between the two looks.
            if let record = try directory.exit() { return .ended(record) }
            if claim.pid == 0 {
                return .ended(
                    ExitRecord(ending: .couldNotStart, message: "it was given up before it began"))
            }
            return .orphaned(claim)
        } catch {
            return .lost(error.message)
        }
    }

    /// Nothing of the step is at work any more when this returns.
    private func orphaned(_ claim: Claim, _ task: StepTask?) -> TaskResult {
        let isQuery = if case .sql? = task?.action { true } else { false }
        let left = Leftovers(claim: claim, task: directory.id, home: settings.home)
            .end(by: isQuery ? SIGINT : SIGTERM, grace: settings.grace.seconds)
        var output = output(task)
        if let left { output += "\n[\(left)]" }
        return TaskResult(
            ending: .unknown(
                "its shim (watchd-step, process \(claim.pid)) died before it could record an "
                    + "end; was it killed, or did the host run out of memory?"),
            output: output)
    }

    /// Starts the shim; once more where one was killed before it had claimed the task: then it
    /// surely ran nothing.
    /// - Returns: what to record when the task shall not or cannot begin; nil: look again.
    private func begin(_ task: StepTask?, starts: Int) throws(NoRoom) -> ExitRecord? {
        guard let task, !cancellation.isRequested else { return ExitRecord(ending: .cancelled) }
        guard starts < Self.startsAtMost else {
            if let refusal = directory.refusal() {
                return .couldNotStart(
                    "\(settings.shim) refused to run it: \(refusal); is it of another version "
                        + "than watchd?")
            }
            let why = directory.complaint()
            return .couldNotStart(
                "\(settings.shim) ended without running it"
                    + (why.isEmpty ? "" : ": \(why)") + "; is the disk full?")
        }
        do throws(CannotStart) {
            try start(task, try ProgramCall(task, secrets))
            return nil
        } catch {
            guard error.isNoRoom else { return .couldNotStart(error.message) }
            // Surely not begun is only what nobody has claimed.
            guard !cancellation.isRequested, case .fresh = look() else { return nil }
            if starts + 1 < Self.startsAtMost, settings.makeRoom() { return nil }
            throw NoRoom(in: settings)
        }
    }

    private func start(_ task: StepTask, _ call: ProgramCall) throws(CannotStart) {
        var options = [
            "--directory", directory.path, "--chdir", call.directory ?? settings.home,
            "--timeout", "\(task.timeout.seconds)", "--grace", "\(settings.grace.seconds)",
            "--output-limit", "\(settings.outputLimit)",
        ]
        if call.isAnswerJudged { options += ["--answer", "apart"] }
        if call.stopSignal == SIGINT { options += ["--stop", "INT"] }
        do throws(SystemError) {
            try directory.create()
            if let input = call.input {
                try directory.write(input: input)
                options += ["--input", directory.inputPath]
            }
            let shim = try ShimProcess.spawn(
                settings.shim, options + ["--"] + call.arguments,
                environment: StepEnvironment.make(
                    task, home: settings.home, besides: call.environment),
                log: "\(directory.path)/shim.log")
            // Any other end, or none: the next look tells.
            guard follow(shim, task) == .ended(ShimProcess.noRoom) else { return }
        } catch {
            throw CannotStart(
                message: "\(error); check the installation of watchd-step (\(settings.shim)) and "
                    + "that \(settings.directory) can be written",
                isNoRoom: error.isNoRoom)
        }
        throw CannotStart(message: "its claim found no room", isNoRoom: true)
    }

    /// Waits for the shim; the wish to cancel goes to it.
    private func follow(_ shim: ShimProcess, _ task: StepTask?) -> ShimProcess.Wait {
        cancellation.handle { shim.send(SIGTERM) }
        defer { cancellation.handle(nil) }
        // The shim ends a step in time. This bound is for a shim that is itself stuck.
        let limit = (task?.timeout ?? .zero) + settings.grace + .minutes(1)
        return shim.wait(seconds: limit.seconds)
    }

    private func stuck(_ shim: ShimProcess, _ task: StepTask?) -> TaskResult {
        TaskResult(
            ending: .unknown(
                "its shim (watchd-step, process \(shim.pid)) did not end it in time; look at that "
                    + "process"),
            output: output(task))
    }

    /// Records the end of a task that never began, so that it never will.
    /// - Returns: nil when somebody began it after all.
    private func settle(_ record: ExitRecord) -> TaskResult? {
        do throws(SystemError) {
            try directory.create()
            guard try directory.claimForNobody(bootID: settings.bootID) else { return nil }
            try directory.write(record, ExitRecord.fileName)
        } catch {
            // Nothing was begun; that it cannot be noted changes nothing about that.
        }
        return TaskResult(ending: record.taskEnding)
    }

    private func result(_ record: ExitRecord, _ task: StepTask?) -> TaskResult {
        if let judged = directory.judged() {
            // It may have died before the files were clean.
            _ = output(task)
            return judged
        }
        let printed = clean(task)
        var output = printed.text
        if record.leftovers > 0 {
            output += "\n[\(record.leftovers) processes that it left behind were killed]"
        }
        if record.ending != .couldNotStart && !record.message.isEmpty {
            output += "\n[\(record.message)]"
        }
        if case .sql? = task?.action, output.contains("unsupported startup parameter") {
            output += Self.poolerHint
        }
        var result = judged(record, task)
        result.output = output
        result.took = .nanoseconds(Int64(max(0, min(record.took, 1e9)) * 1e9))
        guard !printed.changed.isEmpty else { return result }
        let record = JudgedRecord(result: result)
        let isKept = (try? directory.write(record, JudgedRecord.fileName)) != nil
        // Whoever takes it up after a crash judges its answer anew then, and needs it as it was.
        keep(isKept ? printed.changed : printed.changed.filter { $0.file != directory.answerPath })
        return result
    }

    private static let poolerHint =
        "\n[a pooler refused the limits that watchd sets for what it asks; write the address of "
        + "the server itself, or add options to the pooler's ignore_startup_parameters]"

    /// What its end means. Whether its secrets can be read now changes what may be told of it, not
    /// whether it is good.
    private func judged(_ record: ExitRecord, _ task: StepTask?) -> TaskResult {
        guard let task else {
            guard record.taskEnding == .exited(0), directory.hasAnswer else {
                return TaskResult(ending: record.taskEnding)
            }
            return TaskResult(
                ending: .unknown("it ended by itself, and what it answered was not judged"))
        }
        let answer = record.answerDropped ?? 0 > 0 ? nil : directory.answer()
        func judge(_ redactor: Redactor) -> TaskResult {
            AnswerJudge(task: task, redactor: redactor).judge(record.taskEnding, answer)
        }
        switch redactor(task) {
        case .success(let redactor):
            var result = judge(redactor)
            if case .unexpected(let why) = result.ending {
                result.ending = .unexpected(settings.clean(why, task.service))
            }
            return result
        case .failure(let problem):
            var result = judge(Redactor([]))
            if case .unexpected = result.ending {
                result.ending = .unexpected(
                    "its answer is not the expected one; what it is is withheld: "
                        + "\(problem.what) cannot be read, so it cannot be redacted")
            }
            return result
        }
    }

    private struct Unreadable: Error { var what: String }

    private func redactor(_ task: StepTask) -> Result<Redactor, Unreadable> {
        var values: [String] = []
        for reference in task.action.templates.flatMap(\.secrets) {
            guard let value = try? secrets.secret(reference) else {
                return .failure(Unreadable(what: "\(reference)"))
            }
            values.append(value)
        }
        guard case .sql = task.action else { return .success(Redactor(values)) }
        // A password is a part of its address.
        guard let call = try? ProgramCall(task, secrets) else {
            return .failure(Unreadable(what: "the address of its database"))
        }
        return .success(Redactor(values + call.hidden))
    }

    private struct Printed {
        /// For people.
        var text = ""
        /// Files that are another once they are clean.
        var changed: [(file: String, bytes: [UInt8])] = []
    }

    /// What it printed without its secrets and what `redact:` matches. Without the secrets it
    /// cannot be cleared of them, so it is not shown.
    private func clean(_ task: StepTask?) -> Printed {
        guard let task else { return Printed() }
        switch redactor(task) {
        case .success(let redactor):
            let printed = directory.printed()
            let clean = printed.map { settings.clean(redactor.redact($0.bytes), of: task.service) }
            let changed = zip(printed, clean).filter { $0.bytes != $1 }
            return Printed(
                text: TaskDirectory.excerpt(of: clean), changed: changed.map { ($0.file, $1) })
        case .failure(let problem):
            if directory.printed().isEmpty { return Printed() }
            return Printed(
                text: "[output withheld: \(problem.what) cannot be read, so it cannot be "
                    + "redacted]")
        }
    }

    /// On a full disk there is no room for a second file, and a secret stays on it no longer for
    /// that.
    private func keep(_ changed: [(file: String, bytes: [UInt8])]) {
        for (file, bytes) in changed where (try? File.writeAtomically(file, bytes)) == nil {
            try? File.overwrite(file, bytes)
        }
    }

    /// Of what is not judged any more: its files are cleared, too.
    private func output(_ task: StepTask?) -> String {
        let printed = clean(task)
        keep(printed.changed)
        return printed.text
    }
}

/// The task surely never ran; the sentence names cause and remedy.
struct CannotStart: Error {
    var message: String
    /// Only for want of room on the disk.
    var isNoRoom = false
}

extension Template {
    /// The text with its values, or why a step that needs it cannot start.
    func filled(
        _ variables: [String: String], _ secrets: any SecretSource
    ) throws(CannotStart) -> String {
        do throws(RenderError) {
            return try render(variables: variables, secrets: secrets)
        } catch {
            switch error {
            case .noValue(let variable):
                throw CannotStart(
                    message: "${\(variable)} in '\(source)' has no value for this release; capture "
                        + "it with a version source or announce it")
            case .secret(let error): throw CannotStart(message: error.message)
            }
        }
    }
}

extension ExitRecord {
    static func couldNotStart(_ message: String) -> ExitRecord {
        ExitRecord(ending: .couldNotStart, message: message)
    }

    var taskEnding: TaskResult.Ending {
        switch ending {
        case .exited: .exited(code)
        case .signalled: .signalled(code)
        case .timedOut: .timedOut
        case .cancelled: .cancelled
        case .couldNotStart: .couldNotStart(message)
        }
    }
}
