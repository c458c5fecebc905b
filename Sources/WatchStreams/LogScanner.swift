// The scanner: walks over the bytes of one line with the fields of a format. It copies nothing
// and never goes back, except where a text that may hold spaces stands without quotes.

import Glibc

extension LogFormat {
    /// The fields of a line without its newline; nil: the line is not of this format.
    public func parse(_ line: UnsafeRawBufferPointer) -> LogLine? {
        var memo = StampMemo()
        return scan(line, NoCaptures(), &memo)
    }

    /// The same, for one line after the other.
    func parse(_ line: UnsafeRawBufferPointer, memo: inout StampMemo) -> LogLine? {
        scan(line, NoCaptures(), &memo)
    }

    /// The same; where the captured variables stand goes into `tokens`, which has a place for each.
    func parse(
        _ line: UnsafeRawBufferPointer, memo: inout StampMemo,
        captures tokens: UnsafeMutableBufferPointer<LineToken>
    ) -> LogLine? {
        scan(line, Captures(tokens: tokens), &memo)
    }

    @inline(__always)
    private func scan(
        _ line: UnsafeRawBufferPointer, _ captures: some LogCaptures, _ memo: inout StampMemo
    ) -> LogLine? {
        guard let base = line.baseAddress, line.count >= prefix.count,
            memchr(base, 0, line.count) == nil
        else { return nil }
        return literals.withUnsafeBufferPointer { literals in
            var scanner = LogScanner(
                line: line, literals: literals, captures: captures, perSecond: latencyPerSecond,
                timeExponent: timeExponent, memo: memo)
            guard scanner.has(prefix, at: 0),
                fields.withUnsafeBufferPointer({
                    scanner.scan($0, from: 0, at: prefix.count, strictly: false)
                })
            else { return nil }
            memo = scanner.memo
            return scanner.result
        }
    }
}

/// Told apart when it is compiled, so that a format nobody asks for more costs nothing more.
protocol LogCaptures {
    func take(_ slot: Int8, _ start: Int, _ end: Int)
}

struct NoCaptures: LogCaptures {
    @inline(__always)
    func take(_ slot: Int8, _ start: Int, _ end: Int) {}
}

struct Captures: LogCaptures {
    let tokens: UnsafeMutableBufferPointer<LineToken>

    @inline(__always)
    func take(_ slot: Int8, _ start: Int, _ end: Int) {
        guard slot >= 0, Int(slot) < tokens.count else { return }
        tokens[Int(slot)] = LineToken(.text, start, end)
    }
}

struct LogScanner<Captures: LogCaptures> {
    /// Ends of texts tried in one line before it is given up.
    static var attempts: Int { 512 }

    let line: UnsafeRawBufferPointer
    let literals: UnsafeBufferPointer<UInt8>
    let captures: Captures
    let perSecond: Double
    let timeExponent: Int
    var result = LogLine()
    private(set) var memo: StampMemo
    private var attemptsLeft = Self.attempts

    init(
        line: UnsafeRawBufferPointer, literals: UnsafeBufferPointer<UInt8>, captures: Captures,
        perSecond: Double, timeExponent: Int, memo: StampMemo
    ) {
        self.line = line
        self.literals = literals
        self.captures = captures
        self.perSecond = perSecond
        self.timeExponent = timeExponent
        self.memo = memo
    }

    /// `strictly`: an unquoted text came before, so values without quotes must hold no space, else
    /// a client could write the rest of the line into its request.
    mutating func scan(
        _ fields: UnsafeBufferPointer<LogFormat.Field>, from first: Int, at start: Int,
        strictly: Bool
    ) -> Bool {
        var at = start
        var index = first
        while index < fields.count {
            if fields[index].use == .text {
                return scanText(fields, index: index, at: at)
            }
            guard let end = end(of: fields[index], from: at),
                !strictly || isPlain(fields[index], at, end), take(fields[index].use, at, end)
            else { return false }
            captures.take(fields[index].slot, at, end)
            at = end + fields[index].terminator.count
            index += 1
        }
        return at == line.count
    }

    private mutating func scanText(
        _ fields: UnsafeBufferPointer<LogFormat.Field>, index: Int, at: Int
    ) -> Bool {
        let terminator = fields[index].terminator
        guard terminator.count > 0 else {
            captures.take(fields[index].slot, at, line.count)
            return true
        }
        var candidate = find(terminator, from: at)
        while let end = candidate, attemptsLeft > 0 {
            attemptsLeft -= 1
            if scan(fields, from: index + 1, at: end + terminator.count, strictly: true) {
                captures.take(fields[index].slot, at, end)
                return true
            }
            candidate = find(terminator, from: end + 1)
        }
        return false
    }

    // MARK: - Ends

    @inline(__always)
    private func end(of field: LogFormat.Field, from at: Int) -> Int? {
        let terminator = field.terminator
        guard terminator.count > 0 else { return line.count }
        if field.use == .timeLocal {
            let end = at + LogTime.localLength
            return has(terminator, at: end) ? end : nil
        }
        guard var end = find(terminator, from: at) else { return nil }
        if field.isQuoted {
            while isEscaped(end, from: at) {
                guard let next = find(terminator, from: end + 1) else { return nil }
                end = next
            }
        } else if field.use == .list || field.use == .upstreamSeconds,
            literals[terminator.start] == UInt8(ascii: " ")
        {
            while let beyond = separator(at: end, from: at) {
                guard let next = find(terminator, from: beyond) else { return nil }
                end = next
            }
        }
        return end
    }

    /// The byte after the `, ` or ` : ` whose space is at `space`; nil: it ends the list.
    private func separator(at space: Int, from start: Int) -> Int? {
        if space > start, line[space - 1] == UInt8(ascii: ",") { return space + 1 }
        guard space + 2 < line.count, line[space + 1] == UInt8(ascii: ":"),
            line[space + 2] == UInt8(ascii: " ")
        else { return nil }
        return space + 3
    }

    private func isEscaped(_ quote: Int, from start: Int) -> Bool {
        var at = quote
        while at > start, line[at - 1] == UInt8(ascii: "\\") { at -= 1 }
        return (quote - at) % 2 == 1
    }

    private func isPlain(_ field: LogFormat.Field, _ start: Int, _ end: Int) -> Bool {
        switch field.use {
        case .list, .upstreamSeconds, .timeLocal, .text: return true
        case .skip, .status, .seconds, .timeISO, .milliseconds, .timeText, .duration:
            if field.isQuoted || start == end { return true }
            guard let base = line.baseAddress else { return true }
            return memchr(base + start, 32, end - start) == nil
        }
    }

    func has(_ literal: LogFormat.Literal, at: Int) -> Bool {
        guard at + literal.count <= line.count else { return false }
        for offset in 0..<literal.count
        where line[at + offset] != literals[literal.start + offset] {
            return false
        }
        return true
    }

    private func find(_ literal: LogFormat.Literal, from start: Int) -> Int? {
        var at = start
        let first = Int32(literals[literal.start])
        while at + literal.count <= line.count, let base = line.baseAddress,
            let hit = memchr(base + at, first, line.count - at)
        {
            at = UnsafeRawPointer(hit) - base
            if has(literal, at: at) { return at }
            at += 1
        }
        return nil
    }

    // MARK: - Values

    @inline(__always)
    private mutating func take(_ use: LogFormat.Use, _ start: Int, _ end: Int) -> Bool {
        switch use {
        case .skip, .list, .text: return true
        case .status: return takeStatus(start, end)
        case .seconds: return takeSeconds(start, end)
        case .upstreamSeconds: return takeList(start, end)
        case .duration: return takeDuration(start, end)
        case .timeLocal: result.time = localTime(start, end)
        case .timeISO: result.time = LogTime.iso(line, start, end)
        case .milliseconds: result.time = LogTime.epoch(line, start, end)
        case .timeText: result.time = LogTime.any(line, start, end, exponent: timeExponent)
        }
        return result.time != nil
    }

    @inline(__always)
    private mutating func localTime(_ start: Int, _ end: Int) -> Int64? {
        guard end - start == LogTime.localLength else { return nil }
        if memo.holds(line, start) { return memo.time }
        guard let time = LogTime.local(line, start, end) else { return nil }
        memo.keep(line, start, time)
        return time
    }

    @inline(__always)
    private mutating func takeStatus(_ start: Int, _ end: Int) -> Bool {
        if end - start == 1, line[start] == UInt8(ascii: "-") {
            result.status = 0
            return true
        }
        guard end - start == 3, let status = LogTime.digits(line, start, 3) else { return false }
        result.status = status
        return true
    }

    @inline(__always)
    private mutating func takeSeconds(_ start: Int, _ end: Int) -> Bool {
        if end - start == 1, line[start] == UInt8(ascii: "-") { return true }
        var at = start
        guard let value = LogTime.decimal(line, &at, end), at == end else { return false }
        result.latency = Double(value) / 1e9
        return true
    }

    private mutating func takeDuration(_ start: Int, _ end: Int) -> Bool {
        if end - start == 1, line[start] == UInt8(ascii: "-") { return true }
        result.latency = DurationText.seconds(line, start, end, perSecond: perSecond)
        return result.latency != nil
    }

    /// The sum of those values that are there.
    private mutating func takeList(_ start: Int, _ end: Int) -> Bool {
        var at = start
        var sum: Int64?
        while at < end {
            if line[at] == UInt8(ascii: "-") {
                at += 1
            } else {
                guard let value = LogTime.decimal(line, &at, end) else { return false }
                sum = (sum ?? 0) &+ value
            }
            guard at < end else {
                result.latency = sum.map { Double($0) / 1e9 }
                return true
            }
            let isComma = line[at] == UInt8(ascii: ",")
            let space = isComma ? at + 1 : at
            guard space < end, line[space] == UInt8(ascii: " "),
                let next = separator(at: space, from: start), next <= end
            else { return false }
            at = next
        }
        return false
    }
}
