// What a rollback would do, a line each, as a person would be told it.

extension ServiceEngine {
    func lines(
        _ plan: Plan, _ target: Release, isDrill: Bool = false, method only: String? = nil
    ) -> [String] {
        var lines: [String] = []
        for gate in plan.gates {
            lines.append("gate \(gate.name): \(gate.action.summary) (within \(gate.timeout.text))")
        }
        if let running = state.book.running?.release,
            let answer = gateRound.answer(plan.name, from: running, to: target.identity)
        {
            lines.append("gates at \(answer.asked.wall.text): \(answer.text)")
        }
        for step in plan.before { lines.append("before: \(Self.line(step))") }
        for span in plan.spans ?? [] {
            lines.append("stop \(span.service): \(Self.line(span.stop))")
        }
        for method in plan.methods where only == nil || method.name == only {
            lines += self.lines(method, isDrill: isDrill)
        }
        for span in plan.spansInStartOrder {
            lines.append("start \(span.service): \(Self.line(span.start))")
        }
        for step in plan.after { lines.append("after: \(Self.line(step))") }
        let verify = plan.verify
        lines.append(
            "verify: \(target.identity.text) read \(verify.version) times within "
                + "\(verify.landWithin.text), then all clear for \(verify.clearFor.text) within "
                + verify.timeout.text + Self.target(verify.target))
        return lines
    }

    private func lines(_ method: Method, isDrill: Bool) -> [String] {
        let loses = method.loses.map { ", loses \($0)" } ?? ""
        let needs = method.isUnattended || isDrill ? "" : " (only with approval)"
        var lines = ["method \(method.name)\(loses)\(needs):"]
        if let phases = method.phases, case .useless(let why) = undoing(phases) {
            lines.append("  not now: \(why); at most:")
        }
        return lines + steps(of: method).map { "  \(Self.line($0))" }
    }

    private static func line(_ step: Step) -> String {
        "\(step.name): \(step.action.summary) (within \(step.timeout.text)\(target(step.target)))"
    }

    private static func target(_ target: Duration?) -> String {
        target.map { ", target \($0.text)" } ?? ""
    }
}
