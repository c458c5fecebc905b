// Steps that the engine itself sees to: waiting, telling a person what to do, and the pause before
// a step is tried again. Nothing runs meanwhile, so they survive any crash as the stored rollback
// does.

extension ServiceEngine {
    mutating func beginOwn(_ task: StepTask, _ context: inout Context) {
        guard case .manual(let template) = task.action else { return }
        let text: String
        do throws(Template.RenderError) {
            text = try template.render(variables: task.variables, secrets: NoSecrets())
        } catch {
            let why =
                if case .noValue(let variable) = error { "${\(variable)} has no value" } else {
                    "a secret cannot be told"
                }
            taskFinished(task.id, TaskResult(ending: .couldNotStart(why)), &context)
            return
        }
        let until = context.now.wall + task.timeout
        send(
            .page, title: "\(name): rollback waits for somebody, \(task.title)",
            text: "\(printable(text, limit: 1000)) When it is done: `watchctl step-done "
                + "\(task.rollback)`; when it cannot be done: `watchctl step-done --failed "
                + "\(task.rollback)`. It is waited for until \(until.text) (\(task.timeout.text)).",
            reason: "manual-step",
            fields: [Message.Field("rollback", task.rollback)], &context)
    }

    /// What time brings to a step of ours.
    mutating func advanceOwn(_ task: StepTask, since: Moment, _ context: inout Context) {
        let waited = context.now.boot - since.boot
        switch task.action {
        case .wait(let duration):
            guard waited >= duration else { return }
            taskFinished(task.id, TaskResult(ending: .exited(0), took: duration), &context)
        case .manual:
            guard waited >= task.timeout else { return }
            let why = "nobody has said within \(task.timeout.text) that it is done"
            taskFinished(task.id, TaskResult(ending: .unexpected(why), took: waited), &context)
        case .exec, .unit, .http, .sql: break
        }
    }

    /// Kills what is out; what is ours just ends.
    mutating func cancel(_ task: StepTask, _ context: inout Context) {
        guard task.action.isOurs else {
            context.actions.append(.cancel(id: task.id))
            return
        }
        taskFinished(task.id, TaskResult(ending: .cancelled), &context)
    }

    mutating func stepDone(
        _ succeeded: Bool, _ comment: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        guard let rollback = state.rollback, let task = rollback.pending,
            let since = rollback.pendingSince, case .manual = task.action
        else {
            return CommandReply(
                status: .refused, reason: "no-manual-step",
                message: "rollback \(state.rollback?.id ?? "") waits for nobody",
                incident: state.incident?.record.id, rollback: state.rollback?.id)
        }
        let what = succeeded ? "is done" : "cannot be done"
        let said = Self.said("\(peer.name) says that it \(what)", comment)
        context.events.append(
            event("step.answered", context, reason: peer.name, text: "\(task.title): \(said)"))
        taskFinished(
            task.id,
            TaskResult(
                ending: succeeded ? .exited(0) : .unexpected(said), output: said,
                took: context.now.boot - since.boot), &context)
        return CommandReply(
            status: .done, message: "\(task.title): noted that it \(what)",
            incident: state.incident?.record.id, rollback: rollback.id)
    }

    // MARK: - Pauses

    /// The step is tried again, after its pause.
    mutating func retry(_ step: Step, _ context: inout Context) {
        guard let rollback = state.rollback else { return }
        state.rollback?.tries += 1
        guard let pause = step.pause(afterTries: rollback.tries) else {
            repeatStep(&context)
            return
        }
        state.rollback?.retryAt = Moment(
            boot: context.now.boot + pause, wall: context.now.wall + pause)
        context.isDirty = true
        context.events.append(
            event(
                "step.waiting", context, reason: "backoff",
                text: "\(step.name) is tried again in \(pause.text)"))
    }
}

/// Where no secret has a value: what is told to people.
private struct NoSecrets: SecretSource {
    func secret(_ reference: SecretReference) throws(SecretError) -> String {
        throw SecretError(message: "\(reference) is not told to people")
    }
}
