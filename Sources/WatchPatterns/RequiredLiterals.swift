// Texts one of which must be in every match of a pattern, so that most lines need no regular
// expression at all. Only what is surely required counts: where the syntax is not plain, there is
// none, and PCRE2 looks at each line.

/// Reads pcre2pattern(3), conservatively.
struct RequiredLiterals {
    /// More branches than this are PCRE2's work.
    static let branchLimit = 8

    private let scalars: [Unicode.Scalar]
    private var at = 0
    /// The literal that is being read, and the longest one of the branch.
    private var run: [Unicode.Scalar] = []
    private var best: [Unicode.Scalar] = []
    private var branches: [[Unicode.Scalar]] = []

    /// For each branch of the pattern one literal, as UTF-8; empty: nothing is surely required.
    static func of(_ pattern: String) -> [[UInt8]] {
        var reader = RequiredLiterals(scalars: Array(pattern.unicodeScalars))
        guard reader.read(), reader.branches.count <= branchLimit,
            reader.branches.allSatisfy({ !$0.isEmpty })
        else { return [] }
        return reader.branches.map { branch in
            var text = ""
            text.unicodeScalars.append(contentsOf: branch)
            return Array(text.utf8)
        }
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    /// false: there is something in it that could mean anything.
    private mutating func read() -> Bool {
        while at < scalars.count {
            let scalar = scalars[at]
            switch scalar {
            case "\\": guard escape() else { return false }
            case "[": guard skipClass() else { return false }
            case "(": guard skipGroup() else { return false }
            case "|":
                endBranch()
                at += 1
            case "*", "?":
                // What stands before it may be missing.
                if !run.isEmpty { run.removeLast() }
                endRun()
                at += 1
            case "+", ".", "^", "$":
                endRun()
                at += 1
            case "{", ")": return false
            default:
                run.append(scalar)
                at += 1
            }
        }
        endBranch()
        return true
    }

    private mutating func endRun() {
        if run.count > best.count { best = run }
        run = []
    }

    private mutating func endBranch() {
        endRun()
        branches.append(best)
        best = []
    }

    private mutating func escape() -> Bool {
        guard at + 1 < scalars.count else { return false }
        let escaped = scalars[at + 1]
        at += 2
        if Self.assertions.contains(escaped) {
            endRun()
            return true
        }
        guard escaped.isASCII, !Self.isAlphanumeric(escaped) else { return false }
        run.append(escaped)
        return true
    }

    /// `\b`, `\d` and so on: one place, of no certain text.
    private static let assertions = Set("bBdDwWsSAzZhHvVRK".unicodeScalars)

    private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    }

    /// `[…]`; the `]` that comes first is one of its members.
    private mutating func skipClass() -> Bool {
        endRun()
        at += 1
        if at < scalars.count, scalars[at] == "^" { at += 1 }
        if at < scalars.count, scalars[at] == "]" { at += 1 }
        while at < scalars.count {
            switch scalars[at] {
            case "]":
                at += 1
                return true
            // Also `[:alpha:]`, which would end at its own bracket.
            case "[": return false
            case "\\":
                // `\Q` changes what `]` means.
                guard at + 1 < scalars.count, scalars[at + 1] != "Q" else { return false }
                at += 2
            default: at += 1
            }
        }
        return false
    }

    /// `(…)`, whatever is in it, as long as it cannot change what comes after it.
    private mutating func skipGroup() -> Bool {
        endRun()
        var depth = 0
        while at < scalars.count {
            switch scalars[at] {
            case "(":
                depth += 1
                at += 1
                guard opensPlainly() else { return false }
            case ")":
                depth -= 1
                at += 1
                if depth == 0 { return true }
            case "[": guard skipClass() else { return false }
            case "\\":
                guard at + 1 < scalars.count, scalars[at + 1] != "Q" else { return false }
                at += 2
            default: at += 1
            }
        }
        return false
    }

    /// Behind a parenthesis: not `(*VERB)`, `(?#comment)`, `(?i)` or the like.
    private func opensPlainly() -> Bool {
        guard at < scalars.count else { return false }
        if scalars[at] == "*" { return false }
        guard scalars[at] == "?", at + 1 < scalars.count else { return true }
        return [":", "<", "P", "=", "!", ">", "'", "|"].contains(scalars[at + 1])
    }
}
