// Steps that the engine itself sees to: waiting, telling a person what to do, and the pause before
// a step is tried again. Nothing runs meanwhile, so they survive any crash as the stored rollback
// does.

extension ServiceEngine {
    /// So long after an answer the next one must say which step it is about: two people may have
    /// done what both were told to do.
    static let answersApart = Duration.seconds(30)

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
        let answer = "\(task.rollback) --step \(task.shortID)"
        send(
            .page, title: "\(name): rollback waits for somebody, \(task.title)",
            text: "\(printable(text, limit: 1000)) When it is done: `watchctl step-done "
                + "\(answer)`; when it cannot be done: `watchctl step-done --failed \(answer)`. "
                + "It is waited for until \(until.text) (\(task.timeout.text)).",
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
        _ succeeded: Bool, _ step: String?, _ comment: String, by peer: Peer,
        _ context: inout Context
    ) -> CommandReply {
        guard let rollback = state.rollback, let task = rollback.pending,
            let since = rollback.pendingSince, case .manual = task.action
        else {
            return CommandReply(
                status: .refused, reason: "no-manual-step",
                message: "rollback \(state.rollback?.id ?? "") waits for nobody",
                incident: state.incident?.record.id, rollback: state.rollback?.id)
        }
        if let refusal = otherStep(than: task, said: step, rollback, context) {
            return CommandReply(
                status: .refused, reason: "other-step", message: refusal,
                incident: state.incident?.record.id, rollback: rollback.id)
        }
        state.rollback?.lastAnswer = Rollback.Answered(
            task: task.id, title: task.title, by: peer.name, at: context.now)
        let what = succeeded ? "is done" : "cannot be done"
        let said = Self.said("\(peer.onRecord) says that it \(what)", comment)
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

    /// Why the answer is not taken for `task`; nil: it is about it.
    private func otherStep(
        than task: StepTask, said: String?, _ rollback: Rollback, _ context: Context
    ) -> String? {
        let waiting = "what is waited for now is \(task.title): `--step \(task.shortID)`"
        if let said {
            guard said != task.shortID else { return nil }
            return "step \(printable(said, limit: 40)) is not waited for; \(waiting)"
        }
        guard let last = rollback.lastAnswer, last.task != task.id,
            context.now.boot - last.at.boot < Self.answersApart
        else { return nil }
        let ago = (context.now.boot - last.at.boot).text
        return "\(last.by) answered for \(last.title) \(ago) ago, and \(waiting), if you mean that"
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
