// What people are told of a rollback while it runs and when it helped: the issue with its figures,
// what is done about it, how long that takes, and how the service is afterwards. Whoever reads it
// on a phone at night should not need to look anything up.

extension ServiceEngine {
    /// People who wait are told how far it is, so often.
    static let progressEvery = Duration.minutes(5)

    mutating func tellBeginning(_ context: inout Context) {
        guard let rollback = state.rollback else { return }
        let method = rollback.nextMethod(from: rollback.method)
            .map { rollback.plan.methods[$0] }
        let eta = estimate(rollback, context.now)
        send(
            .update,
            title: "\(name): rollback in progress, \(rollback.from.text) → \(rollback.to.text)",
            text: issue(of: rollback)
                + "Plan \(rollback.plan.name), asked by \(rollback.asker.name), takes \(eta). "
                + "Nothing to do; to stop it: `watchctl abort \(rollback.id)`.",
            reason: state.incident?.record.reason ?? rollback.asker.name,
            fields: [
                Message.Field("rollback", rollback.id),
                Message.Field("action", action(rollback, method)),
                Message.Field("eta", eta),
            ] + assessFields, &context)
    }

    /// What is wrong, with figures: the trigger it was decided for, and what is breached besides.
    private func issue(of rollback: Rollback) -> String {
        let decided = rollback.asker.trigger.flatMap { trigger($0) }
        let open = state.incident?.record.breaches.filter { $0.cleared == nil }.map(\.trigger) ?? []
        let others = open.filter { $0 != decided?.name }
        var text = decided.map { "\($0.name): \(isTrue($0)) " } ?? ""
        if !others.isEmpty {
            let names = others.map { "'\($0)'" }.joined(separator: ", ")
            text += decided == nil ? "Breached: \(names). " : "Breached, too: \(names). "
        }
        return text
    }

    private func action(_ rollback: Rollback, _ method: Method?) -> String {
        let what = "plan \(rollback.plan.name)"
        guard let method else { return what }
        let loses = method.loses.map { ", which loses \($0)" } ?? ""
        return "\(what), method \(method.name)\(loses)"
    }

    mutating func tellProgress(_ context: inout Context) {
        // Asked at every event of a rollback: without a copy of it.
        let last = state.$rollback.peek {
            $0.hasActed || $0.record.state == .before ? $0.told ?? $0.began : nil
        }
        guard let last, context.now.boot - last.boot >= Self.progressEvery,
            let rollback = state.rollback
        else { return }
        state.rollback?.told = context.now
        context.isDirty = true
        let gone = context.now.boot - rollback.began.boot
        let doing = rollback.pending?.title ?? rollback.record.state.rawValue
        send(
            .update, title: "\(name): rollback goes on, \(doing)",
            text: "Rollback \(rollback.id) (\(rollback.from.text) → \(rollback.to.text)) has run "
                + "for \(gone.wholeSeconds.text); \(rest(of: rollback, context.now)). "
                + "To stop it: `watchctl abort \(rollback.id)`.",
            reason: state.incident?.record.reason ?? rollback.asker.name,
            fields: [Message.Field("rollback", rollback.id)], &context)
    }

    /// - Parameters:
    ///   - isBad: the release was what helped to get rid of, and is marked so.
    ///   - doubt: what could not be confirmed, in brackets, or nothing.
    ///   - undone: which steps did not run, in a sentence; nil: all did.
    mutating func tellRecovered(
        _ rollback: Rollback, isBad: Bool, doubt: String, undone: String?,
        _ context: inout Context
    ) {
        let running = state.book.running?.release.text ?? rollback.to.text
        let probation = rollback.plan.probation
        let verdict =
            isBad
            ? "\(rollback.from.text) was rolled back and that helped. "
                + "\(rollback.from.text) is marked bad."
            : "Method \(rollback.currentMethod?.name ?? "") helped."
        let next =
            "It is watched closely for \(probation.text) more: what breaches then pages at once. "
            + "For the review: `watchctl report \(state.incident?.record.id ?? rollback.id)`."
        let isLeft = rollback.failedAfter != nil
        send(
            isLeft ? .page : .update,
            title: "\(name): rollback complete, \(running) runs\(doubt)"
                + (isLeft ? ", but not all was done afterwards" : ""),
            text: verdict + (undone.map { " But \($0)." } ?? "") + " \(next)", reason: rollback.id,
            fields: status(after: rollback) + timings(), &context)
    }

    /// How the service is: what verification looked at, and what was lost on the way.
    func status(after rollback: Rollback) -> [Message.Field] {
        let names = state.incident?.record.breaches.map(\.trigger) ?? []
        let figures = names.reduce(into: [String]()) { lines, name in
            guard let state = triggers[name], !state.readings.isEmpty else { return }
            let line = "\(name): \(Self.figures(state))"
            if !lines.contains(line) { lines.append(line) }
        }
        let failing = rollback.plan.verify.probes.filter { probes[$0]?.health.state != .passing }
        let probed = rollback.plan.verify.probes.isEmpty ? nil : failing
        var status = figures.joined(separator: "; ")
        if let probed {
            let words =
                probed.isEmpty ? "probes pass" : "failing: \(probed.joined(separator: ", "))"
            status += status.isEmpty ? words : "; \(words)"
        }
        let lost = rollback.record.losses ?? []
        return [
            status.isEmpty ? nil : Message.Field("status", status),
            Message.Field("lost", lost.isEmpty ? "nothing" : lost.joined(separator: "; ")),
        ].compactMap { $0 }
    }

    /// How long it took.
    private func timings() -> [Message.Field] {
        guard let record = state.incident?.record else { return [] }
        return [
            ("detection", record.detectionTime), ("execution", record.executionTime),
            ("downtime", record.downtime),
        ].compactMap { name, duration in
            duration.map { Message.Field(name, $0.text) }
        }
    }
}
