// A recorded log through a stream's rules, without an engine: what its lines say, and which ones
// say nothing and why. Whoever writes a format wants to know before a release does.

public import WatchCore
import WatchStreams

public struct StreamReport: Hashable, Sendable {
    /// A line that did not parse.
    public struct Complaint: Hashable, Sendable {
        public var line: InputTally.Line
        /// What is wrong with it.
        public var reason: String
    }

    /// Complaints kept.
    public static let complaintLimit = 10

    /// All lines, or records where lines are joined: those that parsed, those that did not, those
    /// that a filter left out.
    public private(set) var lines = 0
    public private(set) var parsed = 0
    public private(set) var unparsed = 0
    public private(set) var ignored = 0
    /// Of the parsed ones those so far behind the newest before them that no window of the rules
    /// covers them: a running watchd leaves them out. Here they count.
    public private(set) var late = 0
    public private(set) var errors = 0
    public private(set) var latency = LatencySketch()
    /// Lines that matched, by the pattern's name; unparsed lines can, too.
    public private(set) var patterns: [String: Int] = [:]
    public private(set) var first: WallTime?
    public private(set) var last: WallTime?
    /// Lines of each reason for not parsing that came first, the first few.
    public private(set) var complaints: [Complaint] = []
    /// The input ended early; what came before it was counted.
    public private(set) var problem: InputProblem?
    private var statuses = [Int](repeating: 0, count: 1000)

    /// Reads `path` (`-`: standard input; gzip or not) to its end.
    /// - Parameter window: see `Configuration.widestWindow`.
    public init(
        of path: String, _ configuration: StreamConfiguration, window: Duration
    ) throws(InputProblem) {
        let parser: LineParser
        do throws(LineRulesError) {
            parser = try LineParser(configuration)
        } catch {
            throw InputProblem(path: configuration.name, text: error.description)
        }
        let reader = RecordReader(try ByteSources.open(path), parser.joiner)
        patterns = Dictionary(
            configuration.patternNames.map { ($0, 0) }, uniquingKeysWith: { first, _ in first })
        var counting = Counting(parser, configuration.patternNames, window: window)
        reading: while true {
            switch reader.next() {
            case .record(let line, let head):
                add(line, head: head, number: reader.number, &counting)
            case .tooLong:
                lines += 1
                unparsed += 1
                complain(
                    "it is longer than \(LineParser.lineLimit / 1024) KB, and not looked at",
                    number: reader.number, "")
            case .end: break reading
            }
        }
        problem = reader.lines.problem
        for (index, count) in counting.matched.enumerated() {
            patterns[configuration.patternNames[index]] = count
        }
        first = counting.first.map { WallTime(nanoseconds: $0) }
        last = counting.latest == .min ? nil : WallTime(nanoseconds: counting.latest)
    }

    /// Lines by their status; 0 is nginx's `000` or `-`: no answer was sent.
    public var byStatus: [Int: Int] {
        var result: [Int: Int] = [:]
        for (status, count) in statuses.enumerated() where count > 0 { result[status] = count }
        return result
    }

    // MARK: - One line

    private struct Counting {
        let parser: LineParser
        let window: Int64
        var line = ParsedLine()
        var matched: [Int]
        var first: Int64?
        var latest = Int64.min

        init(_ parser: LineParser, _ patterns: [String], window: Duration) {
            self.parser = parser
            self.window = window.nanoseconds
            matched = [Int](repeating: 0, count: patterns.count)
        }
    }

    private mutating func add(
        _ bytes: UnsafeRawBufferPointer, head: Int, number: Int, _ counting: inout Counting
    ) {
        lines += 1
        if head == bytes.count {
            counting.parser.parse(bytes, into: &counting.line)
        } else {
            counting.parser.parse(record: bytes, head: head, into: &counting.line)
        }
        switch counting.line.outcome {
        case .counted:
            parsed += 1
            if counting.line.isError { errors += 1 }
            if let status = counting.line.status, statuses.indices.contains(status) {
                statuses[status] += 1
            }
            if let seconds = counting.line.latency { latency.record(seconds: seconds) }
            if let time = counting.line.time { note(time, &counting) }
        case .unparsed:
            unparsed += 1
            if complaints.count < Self.complaintLimit {
                let text = String(decoding: bytes.prefix(400), as: UTF8.self)
                let first = UnsafeRawBufferPointer(rebasing: bytes[..<head])
                complain(counting.parser.complaint(first), number: number, text)
            }
        case .ignored:
            ignored += 1
            return
        }
        var bits = counting.line.patterns
        while bits != 0 {
            counting.matched[bits.trailingZeroBitCount] += 1
            bits &= bits &- 1
        }
    }

    private mutating func note(_ time: Int64, _ counting: inout Counting) {
        counting.first = Swift.min(counting.first ?? time, time)
        if time > counting.latest {
            counting.latest = time
        } else if counting.latest &- time > counting.window {
            late += 1
        }
    }

    private mutating func complain(_ reason: String, number: Int, _ text: String) {
        guard complaints.count < Self.complaintLimit else { return }
        complaints.append(
            Complaint(
                line: InputTally.Line(number: number, text: printable(text, limit: 100)),
                reason: reason))
    }
}

/// The contract of `watchctl stream --json`.
extension StreamReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case lines, parsed, unparsed, late, errors, byStatus, latency, patterns
    }

    private enum LatencyKeys: String, CodingKey {
        case p50, p95, p99, max
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(lines, forKey: .lines)
        try container.encode(parsed, forKey: .parsed)
        try container.encode(unparsed, forKey: .unparsed)
        try container.encode(late, forKey: .late)
        try container.encode(errors, forKey: .errors)
        let named = byStatus.map { (String($0.key), $0.value) }
        try container.encode(Dictionary(uniqueKeysWithValues: named), forKey: .byStatus)
        var seconds = container.nestedContainer(keyedBy: LatencyKeys.self, forKey: .latency)
        try seconds.encode(latency.percentile(50), forKey: .p50)
        try seconds.encode(latency.percentile(95), forKey: .p95)
        try seconds.encode(latency.percentile(99), forKey: .p99)
        try seconds.encode(latency.max, forKey: .max)
        try container.encode(patterns, forKey: .patterns)
    }
}
