// The value of each part: a number or nothing, or a Kleene truth.

extension ExpressionNode {
    enum Value {
        case number(Double?)
        case truth(Truth)

        var truth: Truth {
            if case .truth(let truth) = self { truth } else { .unknown }
        }

        var number: Double? {
            if case .number(let number) = self { number } else { nil }
        }
    }

    /// Appends a line for itself and then for its parts.
    func value(
        _ readings: [Operand: Reading], depth: Int, _ lines: inout [Explanation.Line]
    ) -> Value {
        let place = lines.count
        lines.append(Explanation.Line(depth: depth, text: text, value: ""))
        var below: [Explanation.Line] = []
        let value = compute(readings, depth: depth + 1, &below)
        if case .operand(let operand) = self, let reading = readings[operand] {
            lines[place].samples = reading.samples
            lines[place].note = reading.gap?.text(samples: reading.samples)
        }
        if case .arithmetic = self, case .number(nil) = value,
            !below.contains(where: { $0.depth == depth + 1 && $0.value == "unknown" })
        {
            // All its parts are known.
            lines[place].note = Reading.Gap.undefined.text(samples: 0)
        }
        lines[place].value = shown(value)
        lines += below
        return value
    }

    private func compute(
        _ readings: [Operand: Reading], depth: Int, _ lines: inout [Explanation.Line]
    ) -> Value {
        switch self {
        case .literal(let number, _, _): return .number(number)
        case .operand(let operand):
            // What is no number decides nothing.
            return .number(readings[operand]?.value.flatMap { $0.isFinite ? $0 : nil })
        case .negative(let node):
            return .number(node.part(readings, depth, &lines).number.map { -$0 })
        case .arithmetic(let sign, let a, let b, _):
            let left = a.part(readings, depth, &lines).number
            let right = b.part(readings, depth, &lines).number
            guard let left, let right else { return .number(nil) }
            return .number(sign.apply(left, right))
        case .comparison(let sign, let a, let b):
            let left = a.part(readings, depth, &lines).number
            let right = b.part(readings, depth, &lines).number
            guard let left, let right else { return .truth(.unknown) }
            return .truth(sign.holds(left, right) ? .true : .false)
        case .not(let node): return .truth(node.value(readings, depth: depth, &lines).truth.negated)
        case .and(let a, let b):
            let left = a.value(readings, depth: depth, &lines).truth
            return .truth(left.and(b.value(readings, depth: depth, &lines).truth))
        case .or(let a, let b):
            let left = a.value(readings, depth: depth, &lines).truth
            return .truth(left.or(b.value(readings, depth: depth, &lines).truth))
        }
    }

    /// Like `value`, without lines for what is no measurement, which say nothing new.
    private func part(
        _ readings: [Operand: Reading], _ depth: Int, _ lines: inout [Explanation.Line]
    ) -> Value {
        guard isConstant else { return value(readings, depth: depth, &lines) }
        var unseen: [Explanation.Line] = []
        return compute(readings, depth: depth, &unseen)
    }

    private func shown(_ value: Value) -> String {
        switch value {
        case .truth(let truth): return truth.rawValue
        case .number(nil): return "unknown"
        case .number(let number?): return type.shown(number)
        }
    }
}

extension ExpressionType {
    /// `31.2 %`, `420 ms`, `12`.
    func shown(_ value: Double) -> String {
        switch self {
        case .ratio: "\(Self.rounded(value * 100)) %"
        case .duration:
            abs(value) < 1
                ? "\(Self.rounded(value * 1000)) ms" : "\(Self.rounded(value)) s"
        case .number, .truth: Self.rounded(value)
        }
    }

    private static func rounded(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e13 else { return "\(value)" }
        let short = (value * 100).rounded() / 100
        return short == short.rounded() ? "\(Int64(short))" : "\(short)"
    }
}

extension ExpressionNode.Arithmetic {
    /// nil: a division by zero, or a result beyond all numbers.
    func apply(_ a: Double, _ b: Double) -> Double? {
        let result =
            switch self {
            case .add: a + b
            case .subtract: a - b
            case .multiply: a * b
            case .divide: a / b
            }
        return result.isFinite ? result : nil
    }
}

extension ExpressionNode.Comparison {
    func holds(_ a: Double, _ b: Double) -> Bool {
        switch self {
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        case .equal: a == b
        case .notEqual: a != b
        }
    }
}

extension Truth {
    /// Kleene's strong three-valued logic.
    var negated: Truth {
        switch self {
        case .true: .false
        case .false: .true
        case .unknown: .unknown
        }
    }

    func and(_ other: Truth) -> Truth {
        if self == .false || other == .false { return .false }
        return self == .true && other == .true ? .true : .unknown
    }

    func or(_ other: Truth) -> Truth {
        if self == .true || other == .true { return .true }
        return self == .false && other == .false ? .false : .unknown
    }
}
