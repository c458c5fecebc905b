// What the service's own questions say about the damage. They are asked all at once, when a grave
// incident opens and once more while the world is read again before a rollback's first step. What
// they say is for people and decides nothing; that none answers holds nothing up for longer than
// the longest of their times.

extension ServiceEngine {
    mutating func beginAssess(_ occasion: Assessment.Occasion, _ context: inout Context) {
        guard !configuration.assess.isEmpty, !context.mode.assumesRollbacks,
            let incident = state.incident?.record
        else { return }
        giveUpAssess(occasion, &context)
        let values = assessVariables(incident.id)
        let stamp = "\(StepTask.dryPrefix)\(name)=\(context.nextNumber())"
        var round = AssessRound(
            incident: incident.id, occasion: occasion,
            deadline: context.now.boot + AssessRound.grace
                + (configuration.assess.map(\.timeout).max() ?? .zero), out: [:])
        var asked: [Assessment] = []
        for (place, question) in configuration.assess.enumerated() {
            let task = StepTask(
                id: "\(stamp)=\(occasion.rawValue)=\(place)", service: name,
                rollback: state.rollback?.id ?? incident.id, title: "assess \(question.name)",
                action: question.action, variables: values, timeout: question.timeout)
            round.out[task.id] = question.name
            asked.append(
                Assessment(
                    name: question.name, occasion: occasion,
                    command: question.action.summary(values), began: context.now.wall))
            context.actions.append(.runDry(task))
        }
        assessRounds.append(round)
        let others = (incident.assessments ?? []).filter { $0.occasion != occasion }
        state.incident?.record.assessments = others + asked
        context.isDirty = true
    }

    /// What is known now; a question that needs more cannot start, and says so.
    private func assessVariables(_ incident: String) -> [String: String] {
        if let rollback = state.rollback { return rollback.variables }
        guard let running = state.book.running else {
            return ["service": name, "incident": incident]
        }
        let target = state.book.lastKnownGood
        var values = variables(
            from: running.release,
            to: target ?? Release(identity: running.release, lastRan: running.began),
            id: incident, incident: incident)
        values["rollback"] = nil
        return target == nil ? values.filter { !$0.key.hasPrefix("to.") } : values
    }

    func isAssess(_ task: String) -> Bool { assessRounds.contains { $0.out[task] != nil } }

    /// Whether the world before the first step is still asked about.
    var isAssessing: Bool { assessRounds.contains { $0.occasion == .beforeRollback } }

    mutating func assessAnswered(
        _ task: String, _ result: TaskResult, _ context: inout Context
    ) {
        guard let place = assessRounds.firstIndex(where: { $0.out[task] != nil }),
            let name = assessRounds[place].out.removeValue(forKey: task)
        else { return }
        note(result, of: name, assessRounds[place], &context)
        if assessRounds[place].out.isEmpty { endAssess(at: place, &context) }
    }

    private mutating func note(
        _ result: TaskResult, of name: String, _ round: AssessRound, _ context: inout Context
    ) {
        guard state.incident?.record.id == round.incident,
            let index = state.incident?.record.assessments?.firstIndex(where: {
                $0.occasion == round.occasion && $0.name == name
            })
        else { return }
        state.incident?.record.assessments?[index].note(result)
        context.isDirty = true
        let line = state.incident?.record.assessments?[index].line ?? ""
        context.events.append(
            event(
                "assess.answered", context, reason: result.ending.code, text: "\(name): \(line)"))
    }

    /// Asked once a second: who has not answered in time is waited for no longer.
    mutating func advanceAssess(_ context: inout Context) {
        while let place = assessRounds.firstIndex(where: {
            $0.deadline <= context.now.boot
        }) {
            abandon(at: place, "no answer came in time", &context)
            endAssess(at: place, &context)
        }
    }

    private mutating func giveUpAssess(
        _ occasion: Assessment.Occasion, _ context: inout Context
    ) {
        while let place = assessRounds.firstIndex(where: { $0.occasion == occasion }) {
            for task in assessRounds[place].out.keys.sorted() {
                context.actions.append(.cancel(id: task))
            }
            assessRounds.remove(at: place)
        }
    }

    private mutating func abandon(at place: Int, _ why: String, _ context: inout Context) {
        let round = assessRounds[place]
        for (task, name) in round.out.sorted(by: { $0.key < $1.key }) {
            context.actions.append(.cancel(id: task))
            note(TaskResult(ending: .unknown(why)), of: name, round, &context)
        }
        assessRounds[place].out = [:]
    }

    /// Whoever was paged hears what was found; before a rollback its own message says it.
    private mutating func endAssess(at place: Int, _ context: inout Context) {
        let round = assessRounds.remove(at: place)
        guard let incident = state.incident, incident.record.id == round.incident,
            round.occasion == .opened, !incident.pagedChannels.isEmpty
        else { return }
        switch incident.record.state {
        case .recovered, .cleared, .superseded, .closed: return
        case .open, .awaitingApproval, .rollingBack, .verifying, .handedOver: break
        }
        let fields = assessFields
        guard !fields.isEmpty else { return }
        send(
            .update, title: "\(name): \(fields[0].name) \(printable(fields[0].value, limit: 60))",
            text: "What was asked when the incident opened: "
                + fields.map { "\($0.name): \($0.value)" }.joined(separator: "; ") + ".",
            reason: incident.record.reason ?? "assess", fields: fields, &context)
    }

    /// The first line of each answer, the latest of each question, for messages.
    var assessFields: [Message.Field] {
        let all = state.peek(.breaches) { $0.record.assessments } ?? []
        var latest: [String: Assessment] = [:]
        for one in all where one.result != nil {
            if let other = latest[one.name], other.began > one.began { continue }
            latest[one.name] = one
        }
        var seen: Set<String> = []
        return all.compactMap { one in
            guard seen.insert(one.name).inserted, let found = latest[one.name] else { return nil }
            return Message.Field(one.name, found.line)
        }
    }

    /// After a restart nobody knows what was answered meanwhile: where it still matters it is
    /// asked again, else that is said.
    mutating func resumeAssess(_ context: inout Context) {
        for occasion in [Assessment.Occasion.opened, .beforeRollback] {
            let open = (state.incident?.record.assessments ?? []).filter {
                $0.occasion == occasion && $0.result == nil
            }
            guard !open.isEmpty, let incident = state.incident?.record else { continue }
            let isAsked = occasion == .opened || isRereading
            guard !isAsked || configuration.assess.isEmpty else {
                beginAssess(occasion, &context)
                continue
            }
            let round = AssessRound(
                incident: incident.id, occasion: occasion, deadline: context.now.boot, out: [:])
            let lost = TaskResult(ending: .unknown("watchd was restarted before it answered"))
            for one in open { note(lost, of: one.name, round, &context) }
        }
    }

    private var isRereading: Bool {
        if case .rereading = state.rollback?.stage { true } else { false }
    }
}
