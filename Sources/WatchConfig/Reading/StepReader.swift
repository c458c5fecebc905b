// Gates and steps: what they do, how long, and what follows when they fail.

import WatchCore

extension Section {
    /// A gate, a check, a question about the damage: none may change anything.
    var onlyLooks: Bool {
        [KeyTable.gate, .check, .assess].map(\.what).contains(table.what)
    }
}

struct StepReader {
    let problems: Problems
    let variables = PlanVariables()

    private var actions: ActionReader { ActionReader(problems: problems, variables: variables) }

    func gate(_ value: YAMLValue) -> Gate? {
        guard let section = Section(value, .gate, problems) else { return nil }
        let action = actions.read(section)
        let timeout = section.duration(
            "timeout", .seconds(20), in: .milliseconds(100)...Duration.hours(24))
        let name = section.title("name")
        guard let action else { return nil }
        variables.add(saved: action.saves, captured: action.captures)
        let gate = Gate(name: name ?? Self.name(of: action), action: action, timeout: timeout)
        variables.note(action, of: gate.name, at: section.place)
        return gate
    }

    func step(_ value: YAMLValue) -> Step? {
        guard let section = Section(value, .step, problems) else { return nil }
        let action = actions.read(section)
        let name = section.title("name")
        let isOurs = action?.isOurs ?? false
        let idempotent = section.boolean("idempotent", isOurs)
        let retries = section.integer("retries", 0)
        if retries > 0, !idempotent {
            problems.error(
                section.place("retries"), "a step that is not idempotent cannot be tried again",
                "add idempotent: true if running it twice does no harm, else remove retries")
        }
        let onFailure = section.choice("on_failure", as: Step.OnFailure.self) ?? .stop
        let check = section.value("check").flatMap(check)
        let timeout = timeout(section, action)
        let backoff = section.optionalDuration(
            "backoff", in: .milliseconds(100)...Duration.minutes(10))
        if retries == 0, let place = section.keyPlace("backoff") {
            problems.error(
                place, "'backoff' is the pause before a further try, and there is none",
                "add retries: 3, or remove backoff")
        }
        let target = section.optionalDuration("target", in: .seconds(1)...Duration.hours(24))
        guard let action else { return nil }
        variables.add(saved: action.saves, captured: action.captures)
        var step = Step(
            name: name ?? Self.name(of: action), action: action, timeout: timeout,
            idempotent: idempotent, retries: retries, onFailure: onFailure, check: check)
        step.backoff = backoff
        step.target = target
        variables.note(action, of: step.name, at: section.place)
        variables.note(check, of: step.name, at: section.place("check"))
        return step
    }

    /// A read-only question.
    func check(_ value: YAMLValue) -> Action? {
        Section(value, .check, problems).flatMap { actions.read($0) }
    }

    /// Waiting says itself how long it takes.
    private func timeout(_ section: Section, _ action: Action?) -> Duration {
        if case .wait(let duration) = action {
            if let place = section.keyPlace("timeout") {
                problems.error(place, "a step that waits has no time-out", "remove 'timeout'")
            }
            return duration
        }
        if !section.has("timeout"), !section.hadRefused, action != nil {
            problems.error(
                section.place, "a step needs 'timeout'",
                "add 'timeout:' (It is stopped after so long)")
        }
        return section.duration(
            "timeout", .minutes(1), in: .milliseconds(100)...Duration.hours(24))
    }

    /// A step without a name is called after what it does.
    private static func name(of action: Action) -> String {
        switch action {
        case .unit(let name, _): name
        case .exec(let arguments, _):
            arguments.first.map { program in
                program.source.split(separator: "/").last.map(String.init) ?? program.source
            } ?? "exec"
        case .http(let call): "\(call.request.method) request"
        case .sql: "query"
        case .wait(let duration): "wait \(duration.text)"
        case .manual: "by hand"
        }
    }
}
