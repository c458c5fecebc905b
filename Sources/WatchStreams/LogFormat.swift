// An nginx `log_format` string made into a scanner: literals are matched, variables run to the
// next literal, and only the few that matter are looked into. No regular expression is run.

import WatchCore

/// Why a format cannot be used; `offset` counts bytes of the format.
public struct LogFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    public var offset: Int
    public var message: String

    public var description: String { message }
}

/// What a line says.
public struct LogLine: Hashable, Sendable {
    public var status: Int
    /// Seconds; nil where the format has none or the line says `-`.
    public var latency: Double?
    /// Nanoseconds since 1970; nil where the format has no time.
    public var time: Int64?
}

/// A compiled format (nginx, ngx_http_log_module). nginx writes `"` and control characters in
/// variables as `\x22`, so a literal after a variable is really its end. Variables of upstreams
/// may hold several values (`0.1, 0.2 : 0.3`); their last number counts.
public struct LogFormat: Sendable {
    enum Field: Hashable, Sendable {
        case skip
        /// Several values, separated by `, ` and ` : `.
        case skipMany
        case status
        /// Seconds with fraction.
        case latency
        case latencies
        case timeLocal, timeISO, msec
    }

    enum Segment: Hashable, Sendable {
        case literal([UInt8])
        case field(Field)
    }

    let segments: [Segment]

    public init(_ format: String) throws(LogFormatError) {
        segments = try Self.compile(Array(format.utf8))
        guard segments.contains(.field(.status)) else {
            throw LogFormatError(offset: 0, message: "the format has no $status; add it")
        }
    }

    private static func compile(_ bytes: [UInt8]) throws(LogFormatError) -> [Segment] {
        var segments: [Segment] = []
        var literal: [UInt8] = []
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "$") else {
                literal.append(bytes[at])
                at += 1
                continue
            }
            let start = at
            let name = variable(bytes, &at)
            guard !name.isEmpty else {
                throw LogFormatError(offset: start, message: "'$' without a variable's name")
            }
            if !literal.isEmpty { segments.append(.literal(literal)) }
            if literal.isEmpty, case .field? = segments.last {
                throw LogFormatError(
                    offset: start,
                    message: "nothing stands between $\(name) and the variable before it, so "
                        + "their ends cannot be told; put a space between them")
            }
            literal = []
            segments.append(.field(field(name)))
        }
        if !literal.isEmpty { segments.append(.literal(literal)) }
        return segments
    }

    /// `$name` or `${name}`.
    private static func variable(_ bytes: [UInt8], _ at: inout Int) -> String {
        at += 1
        let braced = at < bytes.count && bytes[at] == UInt8(ascii: "{")
        if braced { at += 1 }
        let start = at
        while at < bytes.count, isNameByte(bytes[at]) { at += 1 }
        let name = String(decoding: bytes[start..<at], as: UTF8.self)
        if braced, at < bytes.count, bytes[at] == UInt8(ascii: "}") { at += 1 }
        return name
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func field(_ name: String) -> Field {
        switch name {
        case "status": .status
        case "request_time": .latency
        case "time_local": .timeLocal
        case "time_iso8601": .timeISO
        case "msec": .msec
        case _ where name.hasPrefix("upstream_"): .skipMany
        default: .skip
        }
    }

    /// nil: the line does not fit the format.
    public func parse(_ line: UnsafeRawBufferPointer, _ cache: inout TimeCache) -> LogLine? {
        var result = LogLine(status: -1)
        var at = 0
        for (index, segment) in segments.enumerated() {
            switch segment {
            case .literal(let literal):
                guard Self.matches(literal, line, at) else { return nil }
                at += literal.count
            case .field(let field):
                guard let end = end(of: field, index, line, at) else { return nil }
                let value = UnsafeRawBufferPointer(rebasing: line[at..<end])
                guard Self.read(field, value, &result, &cache) else { return nil }
                at = end
            }
        }
        return at == line.count && result.status >= 0 ? result : nil
    }

    private func end(
        of field: Field, _ index: Int, _ line: UnsafeRawBufferPointer, _ start: Int
    ) -> Int? {
        guard index + 1 < segments.count, case .literal(let literal) = segments[index + 1] else {
            return line.count
        }
        var at = start
        while let found = Self.find(literal, line, from: at) {
            guard field == .skipMany || field == .latencies, found > start else { return found }
            // `0.1, 0.2 : 0.3` goes on after the space.
            let before = line[found - 1]
            let after = found + literal.count
            let goesOn =
                before == UInt8(ascii: ",") || before == UInt8(ascii: ":")
                || (after < line.count && line[after] == UInt8(ascii: ":"))
            guard goesOn, literal.first == UInt8(ascii: " ") else { return found }
            at = found + 1
        }
        return nil
    }

    private static func matches(
        _ literal: [UInt8], _ line: UnsafeRawBufferPointer, _ at: Int
    ) -> Bool {
        guard at + literal.count <= line.count else { return false }
        for index in 0..<literal.count where line[at + index] != literal[index] { return false }
        return true
    }

    private static func find(
        _ literal: [UInt8], _ line: UnsafeRawBufferPointer, from: Int
    ) -> Int? {
        guard line.count >= literal.count, let first = literal.first else { return nil }
        var at = from
        let last = line.count - literal.count
        while at <= last {
            if line[at] == first, matches(literal, line, at) { return at }
            at += 1
        }
        return nil
    }

    private static func read(
        _ field: Field, _ value: UnsafeRawBufferPointer, _ line: inout LogLine,
        _ cache: inout TimeCache
    ) -> Bool {
        switch field {
        case .skip, .skipMany: return true
        case .status:
            guard value.count == 3, let status = Digits.number(value, 0, 3) else { return false }
            line.status = status
            return true
        case .latency, .latencies:
            if value.count == 1, value[0] == UInt8(ascii: "-") { return true }
            guard let seconds = Digits.decimal(value) else { return false }
            line.latency = Double(seconds) / 1e9
            return true
        case .timeLocal:
            line.time = cache.time(value, LogTime.local)
            return line.time != nil
        case .timeISO:
            line.time = cache.time(value, LogTime.iso)
            return line.time != nil
        case .msec:
            line.time = Digits.decimal(value)
            return line.time != nil
        }
    }
}
