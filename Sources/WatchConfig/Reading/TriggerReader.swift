// One rule. Whether its names exist and whether it can fire is checked when all is read.

import WatchCore

struct TriggerReader {
    let problems: Problems
    let inherited: Judgement

    enum Outcome {
        case whole(TriggerDraft)
        case broken(BrokenTrigger)
    }

    func read(_ value: YAMLValue) -> Outcome? {
        guard let section = Section(value, .trigger, problems) else { return nil }
        let name = section.title("name")
        let condition = section.value("when").map { Expressions.examine($0, problems) }
        let severity = section.choice("severity", as: Severity.self)
        let mode = section.choice("mode", as: TriggerConfiguration.Mode.self) ?? .page
        let plan = section.text("plan").map { Placed($0, section.place("plan")) }
        let page = section.text("page").map { Placed($0, section.place("page")) }
        let suspectFor = section.optionalDuration("suspect_for")
        let judgement = section.judgement(inherited)
        let sustainedFor = section.optionalDuration("for", in: .seconds(1)...Duration.days(3))
        let approveWithin = section.approveWithin()
        let onTimeout = section.choice("on_timeout", as: OnTimeout.self)
        if let name, OperationBreach.isReserved(name) {
            problems.error(
                section.place("name"),
                "'\(printable(name, limit: 60))' is how an operation that goes wrong is called",
                "give the rule another name")
        }
        guard let name, let when = condition?.expression, let severity,
            let text = section.value("when")
        else {
            return .broken(
                BrokenTrigger(
                    name: name.map { Placed($0, section.place("name")) },
                    operands: condition?.operands ?? [], when: section.value("when"),
                    isAutomatic: mode == .auto, plan: plan, page: page))
        }
        var configuration = TriggerConfiguration(
            name: name, when: when, severity: severity, mode: mode, plan: plan?.value,
            suspectFor: suspectFor, judgement: judgement)
        configuration.sustainedFor = sustainedFor
        configuration.page = page?.value
        configuration.approveWithin = approveWithin
        configuration.onTimeout = onTimeout
        return .whole(
            TriggerDraft(
                configuration: configuration, when: text, place: section.place("name"),
                severityPlace: section.place("severity"), modePlace: section.place("mode"),
                plan: plan, page: page,
                forPlace: section.has("for") ? section.place("for") : nil,
                confidencePlace: section.has("confidence") ? section.place("confidence") : nil))
    }
}

extension Section {
    func approveWithin() -> Duration? {
        optionalDuration("approve_within", in: .seconds(1)...Duration.days(7))
    }
}

enum Expressions {
    /// nil, and a diagnostic at each wrong part, when the text is no expression.
    static func read(_ value: YAMLValue, _ problems: Problems) -> Expression? {
        examine(value, problems).expression
    }

    /// The same, and what is asked in it, also when it is no expression.
    static func examine(
        _ value: YAMLValue, _ problems: Problems
    ) -> (expression: Expression?, operands: [Operand]) {
        guard let text = Scalars.text(value, "when", limit: 4096, problems) else {
            return (nil, [])
        }
        do {
            let expression = try Expression(text)
            return (expression, expression.operands)
        } catch {
            let (mistakes, operands) = Expression.examine(text)
            for mistake in mistakes.isEmpty ? [error] : mistakes {
                problems.error(
                    value.place(ofByte: mistake.offset), mistake.message,
                    mistake.remedy ?? "write a condition such as error_rate(access, 2m) > 25%")
            }
            return (nil, operands)
        }
    }

    /// Where a name stands in an expression; `nth` of those that are equal counts from 0.
    static func place(of name: String, in value: YAMLValue) -> Place {
        guard let text = value.text else { return value.place }
        let bytes = Array(text.utf8)
        let wanted = Array(name.utf8)
        var at = 0
        while at + wanted.count <= bytes.count {
            let end = at + wanted.count
            let whole =
                (at == 0 || !isNameByte(bytes[at - 1]))
                && (end == bytes.count || !isNameByte(bytes[end]))
            // A name before '(' is a function.
            let isCall = bytes[end...].first { $0 != 32 } == UInt8(ascii: "(")
            if whole, !isCall, Array(bytes[at..<end]) == wanted {
                return value.place(ofByte: at)
            }
            at += 1
        }
        return value.place
    }

    /// Where a function is called.
    static func place(ofCall name: String, in value: YAMLValue) -> Place {
        guard let text = value.text else { return value.place }
        let bytes = Array(text.utf8)
        let wanted = Array(name.utf8)
        for at in bytes.indices.dropLast(wanted.count) where bytes[at...].starts(with: wanted) {
            let isWhole = at == 0 || !isNameByte(bytes[at - 1])
            if isWhole, bytes[(at + wanted.count)...].first(where: { $0 != 32 }) == 40 {
                return value.place(ofByte: at)
            }
        }
        return value.place
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || [45, 46, 95].contains(byte)
    }
}
