// Conditions that are true of few: of traffic that is gone, of a line that ought to come. A window
// answers when it covers `warm_up`, and then holds less than it will when it is full.

extension Expression {
    /// Counts that make it true when they are small, of windows wider than `warmUp`: in order of
    /// appearance, without repeats.
    public func countsWantedFew(warmUp: Duration) -> [Operand] {
        var seen: Set<Operand> = []
        return root.wantedFew(isDenied: false).filter { operand in
            guard let width = operand.countedWidth, width > warmUp else { return false }
            return seen.insert(operand).inserted
        }
    }
}

extension Operand {
    /// The window whose contents are counted; nil: it is no count.
    public var countedWidth: Duration? {
        switch self {
        case .signal(.count, _, let width), .signal(.errors, _, let width),
            .matches(_, _, let width), .restarts(_, let width):
            width
        case .signal, .failing, .up, .parseFailures, .failingRoutes, .affected, .burnRate, .overrun,
            .releaseAge, .baseline:
            nil
        }
    }
}

extension ExpressionNode {
    /// What stands alone on the smaller side of a comparison.
    fileprivate func wantedFew(isDenied: Bool) -> [Operand] {
        switch self {
        case .comparison(let comparison, let left, let right):
            let smaller: ExpressionNode? =
                switch comparison {
                case .less, .lessOrEqual: isDenied ? right : left
                case .greater, .greaterOrEqual: isDenied ? left : right
                case .equal: isDenied ? nil : left
                case .notEqual: isDenied ? left : nil
                }
            if case .operand(let operand)? = smaller { return [operand] }
            return []
        case .not(let node): return node.wantedFew(isDenied: !isDenied)
        case .and(let left, let right), .or(let left, let right):
            return left.wantedFew(isDenied: isDenied) + right.wantedFew(isDenied: isDenied)
        case .literal, .operand, .negative, .arithmetic: return []
        }
    }
}
