// What the values of a line mean: status, latency, time, level, route, and those that are told
// apart.

import WatchCore
import WatchPatterns

extension LineParser {
    /// false: the line does not fit the format, or a value is there and is none.
    func read(
        _ line: UnsafeRawBufferPointer, into parsed: inout ParsedLine
    ) throws(PatternLimitError) -> Bool {
        values.clear()
        switch rules.shape {
        case .nginx:
            let captures = Captures(tokens: values.tokens)
            guard
                let fields = values.quick?.scan(line, captures)
                    ?? rules.nginx.parse(
                        line, memo: &values.memo.pointee, captures: values.tokens)
            else { return false }
            parsed.status = fields.status
            parsed.latency = fields.latency
            parsed.time = fields.time
            parsed.level = level(of: line)
            return true
        case .lines:
            parsed.level = outerLevel
            return true
        case .json:
            return JSONScanner.scan(line, rules.json, into: values.tokens)
                && takeRoles(line, into: &parsed)
        case .logfmt:
            return LogfmtScanner.scan(line, rules.keys, into: values.tokens)
                && takeRoles(line, into: &parsed)
        case .regex:
            guard let regex, try regex.matches(line) else { return false }
            for (slot, group) in rules.groups.enumerated() {
                guard let range = regex.range(ofGroup: group) else { continue }
                values.tokens[slot] = LineToken(.text, range.lowerBound, range.upperBound)
            }
            return takeRoles(line, into: &parsed)
        }
    }

    /// The values of a line whose tokens are set.
    private func takeRoles(_ line: UnsafeRawBufferPointer, into parsed: inout ParsedLine) -> Bool {
        let slots = rules.slots
        if let text = present(slots.status, line) {
            guard let status = Self.status(text) else { return false }
            parsed.status = status
        }
        if let text = present(slots.latency, line) {
            guard
                let latency = DurationText.seconds(
                    text, 0, text.count, perSecond: slots.latencyPerSecond)
            else { return false }
            parsed.latency = latency
        }
        if let text = present(slots.time, line) {
            guard let time = LogTime.any(text, 0, text.count, exponent: slots.timeExponent)
            else { return false }
            parsed.time = time
        }
        parsed.level = level(of: line)
        return true
    }

    /// The text of a value; nil: it is missing, as nothing and `-` are. An object is a value too,
    /// though none of ours.
    func present(_ slot: Int, _ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard slot >= 0 else { return nil }
        let token = values.token(slot)
        if token.kind == .container { return UnsafeRawBufferPointer(rebasing: line[token.range]) }
        guard let text = values.text(slot, of: line), text.count > 0 else { return nil }
        if text.count == 1, text[0] == UInt8(ascii: "-") { return nil }
        return text
    }

    static func status(_ text: UnsafeRawBufferPointer) -> Int? {
        var at = 0
        guard let number = NumberText(text, &at, text.count), at == text.count,
            let status = number.exact, status <= 999
        else { return nil }
        return Int(status)
    }

    private func level(of line: UnsafeRawBufferPointer) -> LogLevel? {
        guard rules.slots.level >= 0 else { return outerLevel }
        return values.text(rules.slots.level, of: line).flatMap { LogLevel(text: $0) }
    }

    /// Sets the route of the line.
    func readRoute(_ line: UnsafeRawBufferPointer) {
        guard let text = values.text(rules.slots.route, of: line) else { return }
        _ = values.route.set(text, isRequest: rules.routeIsRequest)
    }

    /// A line that fits and was not left out: whether it is an error, its route, its audiences.
    func judge(_ line: UnsafeRawBufferPointer, into parsed: inout ParsedLine) {
        switch rules.errors.answer(status: parsed.status, level: parsed.level) {
        case .no: parsed.isError = false
        case .error: parsed.isError = true
        case .unknown: return
        }
        parsed.outcome = .counted
        if rules.countsRoutes, values.route.count > 0 {
            parsed.route = routes.number(of: values.route.text) ?? ParsedLine.otherRoute
            parsed.routeGeneration = routes.generation
        }
        for (index, field) in rules.named.enumerated() where field.isAudience {
            guard let text = values.text(field.slot, of: line), text.count > 0 else { continue }
            parsed.audiences[index] = Audience.hash(text)
            parsed.audienceBits |= 1 << UInt32(index)
        }
    }
}
