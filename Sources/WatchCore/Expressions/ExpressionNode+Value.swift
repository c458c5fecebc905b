// The value of each part: a number or nothing, or a Kleene truth.

extension ExpressionNode {
    enum Value {
        case number(Double?)
        case truth(Truth)
        /// A division by zero.
        case undefined

        var truth: Truth {
            if case .truth(let truth) = self { truth } else { .unknown }
        }

        var number: Double? {
            if case .number(let number) = self { number } else { nil }
        }
    }

    /// The lines of an explanation, without values: one for itself and then those of its parts.
    /// What is no measurement says nothing new and has none.
    func outline(depth: Int = 0) -> [Explanation.Line] {
        let parts: [ExpressionNode] =
            switch self {
            case .literal, .operand: []
            case .negative(let node), .not(let node): [node]
            case .arithmetic(_, let a, let b, _), .comparison(_, let a, let b), .and(let a, let b),
                .or(let a, let b):
                [a, b]
            }
        return [Explanation.Line(depth: depth, text: text, value: "")]
            + parts.filter { !$0.isConstant || $0.type == .truth }
            .flatMap { $0.outline(depth: depth + 1) }
    }

    /// What an evaluation reads and writes.
    struct Sheet {
        let readings: [Operand: Reading]
        /// The outline, being filled in.
        var lines: [Explanation.Line]
        /// The line of the next part.
        var next = 0
    }

    /// Fills in its own line and those of its parts, in the order of the outline.
    func value(_ sheet: inout Sheet) -> Value {
        let place = sheet.next
        sheet.next += 1
        let value = compute(&sheet)
        sheet.lines[place].value = shown(value)
        switch self {
        case .operand(let operand):
            guard let reading = sheet.readings[operand] else { break }
            sheet.lines[place].samples = reading.samples
            sheet.lines[place].note = reading.gap?.text(samples: reading.samples)
        case .arithmetic:
            if case .undefined = value {
                sheet.lines[place].note = Reading.Gap.undefined.text(samples: 0)
            }
        case .literal, .negative, .comparison, .not, .and, .or: break
        }
        return value
    }

    private func compute(_ sheet: inout Sheet) -> Value {
        switch self {
        case .literal(let number, _, _): return .number(number)
        case .operand(let operand):
            // What is no number decides nothing.
            return .number(sheet.readings[operand]?.value.flatMap { $0.isFinite ? $0 : nil })
        case .negative(let node): return .number(node.part(&sheet).number.map { -$0 })
        case .arithmetic(let sign, let a, let b, _):
            let left = a.part(&sheet).number
            let right = b.part(&sheet).number
            guard let left, let right else { return .number(nil) }
            return sign.apply(left, right).map { .number($0) } ?? .undefined
        case .comparison(let sign, let a, let b):
            let left = a.part(&sheet).number
            let right = b.part(&sheet).number
            guard let left, let right else { return .truth(.unknown) }
            return .truth(sign.holds(left, right) ? .true : .false)
        case .not(let node): return .truth(node.value(&sheet).truth.negated)
        case .and(let a, let b):
            let left = a.value(&sheet).truth
            return .truth(left.and(b.value(&sheet).truth))
        case .or(let a, let b):
            let left = a.value(&sheet).truth
            return .truth(left.or(b.value(&sheet).truth))
        }
    }

    /// The value of a side of a comparison or calculation, which has no line when it is constant.
    private func part(_ sheet: inout Sheet) -> Value {
        switch self {
        case .literal(let number, _, _): return .number(number)
        case .operand: return value(&sheet)
        case .negative, .arithmetic, .comparison, .not, .and, .or:
            return isConstant ? compute(&sheet) : value(&sheet)
        }
    }

    private func shown(_ value: Value) -> String {
        switch value {
        case .truth(let truth): return truth.rawValue
        case .number(nil), .undefined: return "unknown"
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
