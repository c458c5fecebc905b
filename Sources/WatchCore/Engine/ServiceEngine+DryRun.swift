// What a rollback would do, to the last word, for a person who asks before it is done. Its gates
// are asked then and there; each says what it says, and nothing comes of it.

/// What a person wants to be told of.
struct DryRun {
    var plan: Plan
    var target: Release
    /// "roll shop back to 1.0.0 with plan symlink"
    var what: String
    var isDrill = false
    var isForced = false
    /// nil: all methods.
    var method: String?
    /// Which method waits for whom, where none may run without somebody's word; nil: one may.
    var approvers: String?
    /// Where the evidence will lie, where there is an incident already.
    var evidence: String?
}

extension ServiceEngine {
    /// While gates are being asked the reply is `pending`: whoever asks again is told more.
    mutating func dryRun(_ dry: DryRun, _ context: inout Context) -> CommandReply {
        var dry = dry
        dry.evidence = context.mode.evidence(of: state.incident?.record.id)
        let plan = dry.plan
        guard let running = state.book.running?.release, !plan.gates.isEmpty else {
            return reply(dry, nil)
        }
        let place = gateRound.looks.lastIndex {
            $0.plan == plan && $0.from.matches(running) && $0.to.matches(dry.target.identity)
                && context.now.boot - $0.asked.boot <= GateRound.Look.fresh
        }
        // Whoever asks after this wants to know what they say then.
        if let place { return reply(dry, gateRound.looks.remove(at: place)) }
        if let other = context.neighbours.first(where: { $0.isRollingBack && $0.name != name }) {
            var reply = reply(dry, nil)
            reply.message += "; its gates are not asked while \(other.name) is being rolled back"
            return reply
        }
        if gateRound.pending == nil {
            askDry(
                GateRound.Pending(
                    task: "", plan: plan, gate: 0, since: context.now, from: running,
                    to: dry.target.identity, left: [], look: []), &context)
        }
        var reply = reply(dry, nil)
        reply.pending = "the gates of plan \(plan.name) are being asked"
        return reply
    }

    /// One more gate has answered somebody who asked what would be done. The others are asked
    /// whatever it said: it is better to know all that is in the way.
    mutating func lookedAt(
        _ gate: Gate, _ refusal: Refusal?, _ result: TaskResult, _ next: GateRound.Pending,
        _ context: inout Context
    ) {
        var next = next
        next.look?.append(
            GateRound.Verdict(
                gate: gate.name, code: refusal?.reason.code,
                text: refusal?.text ?? Self.words(of: "it says go", result) ?? "it says go"))
        guard !next.plan.gates.indices.contains(next.gate) else { return askDry(next, &context) }
        gateRound.looks.append(
            GateRound.Look(
                plan: next.plan, from: next.from, to: next.to, asked: context.now,
                verdicts: next.look ?? [], saved: next.saved))
        if gateRound.looks.count > GateRound.Look.atMost { gateRound.looks.removeFirst() }
    }

    private func reply(_ dry: DryRun, _ look: GateRound.Look?) -> CommandReply {
        let refusals = look?.verdicts.filter { $0.code != nil } ?? []
        if let approvers = dry.approvers { return offer(dry, approvers, refusals, look) }
        let message =
            switch (refusals.isEmpty, dry.isForced) {
            case (true, _): "would \(dry.what)"
            case (false, true):
                "would \(dry.what) in spite of " + refusals.map(\.gate).joined(separator: ", ")
            case (false, false): "would not \(dry.what): " + refusals[0].text
            }
        return CommandReply(
            status: .done, reason: dry.isForced ? nil : refusals.first?.code, message: message,
            plan: lines(dry, look))
    }

    /// Asking for it would not begin it: it would be offered, whatever the gates say, and they
    /// are asked when somebody has approved it.
    private func offer(
        _ dry: DryRun, _ approvers: String, _ refusals: [GateRound.Verdict],
        _ look: GateRound.Look?
    ) -> CommandReply {
        var message = "would only offer to \(dry.what): each method waits for an approval "
        message += "(\(approvers))"
        if let first = refusals.first {
            message +=
                dry.isForced
                ? "; it would go on in spite of " + refusals.map(\.gate).joined(separator: ", ")
                : "; approved now it would not go on: \(first.text)"
        }
        return CommandReply(
            status: .done, reason: Reason.awaitingApproval.code, message: message,
            plan: lines(dry, look))
    }

    // MARK: - Lines

    private func lines(_ dry: DryRun, _ look: GateRound.Look?) -> [String] {
        let (plan, values) = (dry.plan, values(dry, look))
        var lines: [String] = []
        for gate in plan.gates {
            lines += Self.lines(
                "gate \(gate.name): ", gate.action, values, " (within \(gate.timeout.text))")
            let verdict = look?.verdicts.first { $0.gate == gate.name }
            lines.append("    " + (verdict?.text ?? "not asked"))
        }
        for step in plan.before { lines += Self.lines("before: ", step, values) }
        for span in plan.spans ?? [] {
            lines += Self.lines("stop \(span.service): ", span.stop, values)
        }
        for method in plan.methods where dry.method == nil || method.name == dry.method {
            lines += self.lines(method, values, isDrill: dry.isDrill)
        }
        for span in plan.spansInStartOrder {
            lines += Self.lines("start \(span.service): ", span.start, values)
        }
        for step in plan.after { lines += Self.lines("after: ", step, values) }
        return lines + verification(plan.verify, dry.target) + open(plan, values)
    }

    private func values(_ dry: DryRun, _ look: GateRound.Look?) -> [String: String] {
        guard let running = state.book.running?.release else { return [:] }
        var values = knownBefore(dry.target, from: running).merging(look?.saved ?? [:]) { $1 }
        values[EngineMode.evidenceVariable] = dry.evidence
        return values
    }

    /// What a plan's variables will be, as far as that is known before it begins.
    func knownBefore(_ target: Release, from running: ReleaseIdentity) -> [String: String] {
        var values = variables(from: running, to: target, id: "", incident: "")
        values["rollback"] = nil
        values["incident"] = state.incident?.record.id
        return values
    }

    private func lines(
        _ method: Method, _ values: [String: String], isDrill: Bool
    ) -> [String] {
        let loses = method.loses.map { ", loses \($0)" } ?? ""
        let needs = method.isUnattended || isDrill ? "" : " (only with approval)"
        var lines = ["method \(method.name)\(loses)\(needs):"]
        if let phases = method.phases, case .useless(let why) = undoing(phases) {
            lines.append("  not now: \(why); at most:")
        }
        for step in steps(of: method) { lines += Self.lines("  ", step, values) }
        if let check = method.check {
            lines += Self.lines("  landed if ", check, values, " passes")
        }
        return lines
    }

    private static func lines(
        _ before: String, _ step: Step, _ values: [String: String]
    ) -> [String] {
        var limits = ["within \(step.timeout.text)"]
        if let target = step.target { limits.append("target \(target.text)") }
        if step.retries > 0 {
            let pause = step.backoff.map { ", the first after \($0.text)" } ?? ""
            let tries = step.retries == 1 ? "try" : "tries"
            limits.append("\(step.retries) more \(tries) if it fails\(pause)")
        }
        if step.onFailure == .continue { limits.append("goes on if it fails") }
        if step.idempotent { limits.append("idempotent") }
        var lines = lines(
            "\(before)\(step.name): ", step.action, values,
            " (\(limits.joined(separator: ", ")))")
        if let check = step.check {
            let margin = String(repeating: " ", count: Self.margin(before))
            lines += Self.lines("\(margin)done if ", check, values, " passes")
        }
        return lines
    }

    private static func lines(
        _ before: String, _ action: Action, _ values: [String: String], _ after: String
    ) -> [String] {
        let account = action.account(values)
        let margin = String(repeating: " ", count: Self.margin(before))
        return [before + account.command + after] + account.details.map { margin + $0 }
    }

    /// How far what belongs to a line is set in.
    private static func margin(_ line: String) -> Int { line.prefix { $0 == " " }.count + 4 }

    private func verification(_ verify: Verify, _ target: Release) -> [String] {
        let due = verify.target.map { ", target \($0.text)" } ?? ""
        var lines = [
            "verify: \(target.identity.text) read \(verify.version) times within "
                + "\(verify.landWithin.text), then all clear for \(verify.clearFor.text) within "
                + verify.timeout.text + due,
            "    what is seen in the first \(verify.settle.text) after landing does not count",
        ]
        if !verify.probes.isEmpty {
            lines.append("    probes pass: " + verify.probes.joined(separator: ", "))
        }
        return lines + verify.when.map { "    true: \($0.source)" }
    }

    /// What is written in the plan and has no value before it is done.
    private func open(_ plan: Plan, _ values: [String: String]) -> [String] {
        let templates = plan.actions.flatMap(\.templates)
        var seen: Set<String> = []
        let names = templates.flatMap(\.variables).filter {
            values[$0] == nil && seen.insert($0).inserted
        }
        let secrets = templates.flatMap(\.secrets).map(\.description)
            .filter { seen.insert($0).inserted }
        var lines: [String] = []
        if !names.isEmpty {
            lines.append(
                "known only then: " + names.map { "${\($0)}" }.joined(separator: ", "))
        }
        if !secrets.isEmpty {
            lines.append("read only then, and never shown: " + secrets.joined(separator: ", "))
        }
        return lines
    }
}
