// One line of a probe file: `{"time": …, "ok": true|false|null, "status": 200, "latency_ms": 12,
// "version": "1.9.0"}`. All but `time` may be left out.

public import WatchCore

public struct ProbeRecord: Hashable, Sendable {
    public var time: WallTime
    /// nil: the line says nothing of the probe, it only names a version.
    public var outcome: ProbeResult.Outcome?
    public var status: Int?
    public var latency: Duration
    /// What the version source read; nil: it was not read.
    public var version: VersionReading.Answer?

    /// Longer latencies are no latencies.
    static let longest = 86_400_000.0

    /// - Throws: what is wrong with the line, as a sentence.
    public static func parse(_ line: [UInt8]) throws(Mistake) -> ProbeRecord {
        guard let value = JSONValue(body: line) else { throw Mistake("is no JSON") }
        guard case .object(let members) = value else {
            throw Mistake("is \(value.kindName), not an object like {\"time\": …, \"ok\": true}")
        }
        let status = try status(members["status"])
        return ProbeRecord(
            time: try time(members["time"]),
            outcome: try outcome(members, status: status),
            status: status, latency: try latency(members["latency_ms"]),
            version: try version(members["version"]))
    }

    public struct Mistake: Error, Hashable, Sendable {
        public var text: String

        init(_ text: String) { self.text = text }
    }

    private static func time(_ value: JSONValue?) throws(Mistake) -> WallTime {
        switch value {
        case .string(let text):
            if let time = WallTime(text: text) { return time }
            throw Mistake(
                "has the time '\(printable(text, limit: 40))', which is not RFC 3339 "
                    + "(2026-11-21T09:30:00.123Z)")
        case .number(let seconds):
            // Seconds since 1970, as `date +%s.%N` prints them.
            guard seconds >= 0, seconds < 9e9 else {
                throw Mistake("has the time \(seconds), which is no count of seconds since 1970")
            }
            // Whole microseconds: a double holds no more of them.
            return WallTime(nanoseconds: Int64((seconds * 1e6).rounded()) * 1000)
        case nil: throw Mistake("has no \"time\"")
        case .null, .bool, .array, .object: throw Mistake("has no time in \"time\"")
        }
    }

    private static func outcome(
        _ members: [String: JSONValue], status: Int?
    ) throws(Mistake) -> ProbeResult.Outcome? {
        switch members["ok"] {
        case .bool(true): return .pass
        case .bool(false): return .fail(status.map { "status \($0)" } ?? "failed")
        case .null: return .error("could not be asked")
        case nil:
            if members["version"] != nil { return nil }
            throw Mistake("has neither \"ok\" nor \"version\"")
        case .number, .string, .array, .object:
            throw Mistake("has something else than true, false or null in \"ok\"")
        }
    }

    private static func status(_ value: JSONValue?) throws(Mistake) -> Int? {
        switch value {
        case nil, .null: return nil
        case .number(let number) where number == number.rounded() && (0...999).contains(number):
            return Int(number)
        case .number, .bool, .string, .array, .object:
            throw Mistake("has something else than a status of 0 to 999 in \"status\"")
        }
    }

    private static func latency(_ value: JSONValue?) throws(Mistake) -> Duration {
        switch value {
        case nil, .null: return .zero
        case .number(let number) where number >= 0 && number <= longest:
            // Zero stands for none.
            return .nanoseconds(Swift.max(1, Int64((number * 1e6).rounded())))
        case .number, .bool, .string, .array, .object:
            throw Mistake("has no number of milliseconds in \"latency_ms\"")
        }
    }

    private static func version(
        _ value: JSONValue?
    ) throws(Mistake) -> VersionReading.Answer? {
        switch value {
        case nil, .null: return nil
        case .string(let text):
            guard Identifier.isValid(text) else {
                throw Mistake("has a \"version\" that is none: \(Identifier.refusal(text))")
            }
            return .version(text, commit: nil, fields: [:])
        case .number, .bool, .array, .object:
            throw Mistake("has something else than a text in \"version\"")
        }
    }
}
