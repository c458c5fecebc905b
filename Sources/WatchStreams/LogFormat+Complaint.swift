// Why a line is not of a format, for the person who wrote the format: the scanner itself only
// says that it is not, because that is all a stream needs to know.

import WatchCore

extension LogFormat {
    /// Where the line stops to be of this format, in words. Slow: for a few lines.
    func complaint(_ line: UnsafeRawBufferPointer) -> String {
        if let zero = line.firstIndex(of: 0) {
            return "byte \(zero + 1) is NUL, as a crash leaves them; such a line is damaged"
        }
        let rest = Field(use: .list, terminator: Literal(start: 0, count: 0))
        guard scans(line, []) else { return "it does not begin with \(quoted(prefix))" }
        for count in 1...max(1, fields.count) where count <= fields.count {
            if scans(line, fields[..<count] + [rest]) { continue }
            return complaint(line, field: count - 1, rest)
        }
        return "text follows where the format ends"
    }

    private func complaint(
        _ line: UnsafeRawBufferPointer, field index: Int, _ rest: Field
    ) -> String {
        let name = "$\(variables[index])"
        var relaxed = fields[index]
        let use = relaxed.use
        relaxed.use = .skip
        relaxed.slot = 0
        var token = LineToken.missing
        let isThere = withUnsafeMutablePointer(to: &token) { pointer in
            let tokens = UnsafeMutableBufferPointer(start: pointer, count: 1)
            return scans(
                line, fields[..<index].map(Self.withoutSlot) + [relaxed, rest],
                Captures(tokens: tokens))
        }
        guard isThere else {
            let terminator = fields[index].terminator
            return terminator.count == 0
                ? "\(name) holds a space" : "no \(quoted(terminator)) follows \(name)"
        }
        let bytes = UnsafeRawBufferPointer(rebasing: line[token.range])
        let value = printable(String(decoding: bytes.prefix(200), as: UTF8.self), limit: 40)
        return "\(name) is '\(value)', which is no \(Self.noun(use))"
    }

    private static func withoutSlot(_ field: Field) -> Field {
        var field = field
        field.slot = -1
        return field
    }

    private static func noun(_ use: Use) -> String {
        switch use {
        case .status: "status (three digits)"
        case .seconds, .upstreamSeconds: "number of seconds"
        case .duration: "duration"
        case .timeLocal: "time like 21/Nov/2026:09:30:00 +0000"
        case .timeISO: "time like 2026-11-21T09:30:00+00:00"
        case .milliseconds: "time in seconds since 1970"
        case .timeText: "time"
        case .skip, .text, .list: "value without spaces"
        }
    }

    private func quoted(_ literal: Literal) -> String {
        let bytes = literals[literal.start..<literal.start + literal.count]
        return "'\(printable(String(decoding: bytes, as: UTF8.self), limit: 40))'"
    }

    private func scans(_ line: UnsafeRawBufferPointer, _ fields: [Field]) -> Bool {
        scans(line, fields, NoCaptures())
    }

    /// Whether the line begins with the prefix and goes on with these fields; none: with anything.
    private func scans(
        _ line: UnsafeRawBufferPointer, _ fields: [Field], _ captures: some LogCaptures
    ) -> Bool {
        literals.withUnsafeBufferPointer { literals in
            var scanner = LogScanner(
                line: line, literals: literals, captures: captures, perSecond: latencyPerSecond,
                timeExponent: timeExponent, memo: StampMemo())
            guard scanner.has(prefix, at: 0) else { return false }
            guard !fields.isEmpty else { return true }
            return fields.withUnsafeBufferPointer {
                scanner.scan($0, from: 0, at: prefix.count, strictly: false)
            }
        }
    }
}
