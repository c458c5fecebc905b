// Why a line is unparsed, for the person who wrote the stream's rules: `watchctl stream` shows it.

import WatchCore
import WatchPatterns

extension LineParser {
    /// What is wrong with an unparsed line, as a sentence without its first capital. Slow: for a
    /// few lines.
    public func complaint(_ line: UnsafeRawBufferPointer) -> String {
        guard line.count <= Self.lineLimit else {
            return "it is longer than \(Self.lineLimit / 1024) KB, and not looked at"
        }
        let line = Self.withoutReturn(line)
        do {
            if let problem = try formatProblem(line) ?? valueProblem(line) { return problem }
        } catch {
            return "the format's pattern needs too long for it; write a simpler one"
        }
        var parsed = ParsedLine()
        parse(line, into: &parsed)
        if rules.errors.answer(status: parsed.status, level: parsed.level) == .unknown {
            let none = "it has none of the values that 'error' asks for"
            return rules.hasOuterLevel
                ? none + ": the level that it came with is not in its text" : none
        }
        return "a pattern needs too long for it; write a simpler one"
    }

    private func formatProblem(
        _ line: UnsafeRawBufferPointer
    ) throws(PatternLimitError) -> String? {
        values.clear()
        switch rules.shape {
        case .lines: return nil
        case .nginx:
            var memo = StampMemo()
            return rules.nginx.parse(line, memo: &memo) == nil ? rules.nginx.complaint(line) : nil
        case .json:
            if JSONScanner.scan(line, rules.json, into: values.tokens) { return nil }
            if line.isEmpty { return "it is empty" }
            return UTF8Text.isValid(line) ? "it is no whole JSON value" : "it is not UTF-8"
        case .logfmt:
            if LogfmtScanner.scan(line, rules.keys, into: values.tokens) { return nil }
            return UTF8Text.isValid(line)
                ? "it is no line of key=value pairs" : "it is not UTF-8"
        case .regex:
            guard let regex, try !regex.matches(line) else { return nil }
            return "the format's pattern is not found in it"
        }
    }

    /// A value that is there and is none.
    private func valueProblem(
        _ line: UnsafeRawBufferPointer
    ) throws(PatternLimitError) -> String? {
        guard rules.shape != .nginx else { return nil }
        var parsed = ParsedLine()
        guard try !read(line, into: &parsed) else { return nil }
        let slots = rules.slots
        if let text = present(slots.status, line), Self.status(text) == nil {
            return "its status is \(Self.shown(text)), which is no number up to 999"
        }
        if let text = present(slots.latency, line),
            DurationText.seconds(text, 0, text.count, perSecond: slots.latencyPerSecond) == nil
        {
            return "its latency is \(Self.shown(text)), which is no duration"
        }
        if let text = present(slots.time, line) {
            return "its time is \(Self.shown(text)), which is no time that can be read"
        }
        return nil
    }

    private static func shown(_ text: UnsafeRawBufferPointer) -> String {
        "'\(printable(String(decoding: text.prefix(200), as: UTF8.self), limit: 40))'"
    }
}
