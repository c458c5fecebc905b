// Whether a stream can be believed. A log that cannot be read, no longer parses, lost lines or
// lives in another time must make its triggers blind, never healthy.

import DequeModule

struct StreamHealth: Hashable, Sendable, Codable {
    /// Seconds that the shares are taken of.
    static let span: Int64 = 60
    /// Below so many lines in the span a share says nothing.
    static let linesToJudge = 10

    private struct Second: Hashable, Sendable, Codable {
        var second: Int64
        var lines = 0
        var unparsed = 0
        var misdated = 0
        var dropped = 0

        static func += (a: inout Second, b: Second) {
            a.lines &+= b.lines
            a.unparsed &+= b.unparsed
            a.misdated &+= b.misdated
            a.dropped &+= b.dropped
        }

        static func -= (a: inout Second, b: Second) {
            a.lines &-= b.lines
            a.unparsed &-= b.unparsed
            a.misdated &-= b.misdated
            a.dropped &-= b.dropped
        }
    }

    /// Ascending.
    private var seconds: Deque<Second> = []
    /// All of them together: asked for by every rule at every event.
    private var sum = Second(second: 0)

    private enum CodingKeys: String, CodingKey {
        case seconds, unreadable, lastLine, hasReported, watchedSince, hasCounted
    }

    private(set) var unreadable: String?
    private(set) var lastLine: Instant?
    /// Some line could be used: it fits the format, and its time is one that windows cover.
    private(set) var hasCounted = false
    /// How far the last lines that were out of time were ahead of the clock, or behind it
    /// (negative); not worth a checkpoint.
    private(set) var misdatedBy: Duration?
    /// Anything was ever heard of the source itself.
    private(set) var hasReported = false
    private(set) var watchedSince: Instant?

    /// `late`: lines of the batch that no window covers any more; `lateBy`: how old the last of
    /// them was.
    mutating func record(
        _ batch: StreamBatch, late: Int, lateBy: Duration? = nil, now: Instant
    ) {
        hasReported = true
        if watchedSince == nil { watchedSince = now }
        switch batch.source {
        case .reading: unreadable = nil
        case .unreadable(let why): unreadable = why
        }
        guard batch.lines > 0 || batch.losses.dropped > 0 else { return }
        if batch.lines > 0 { lastLine = now }
        if late > batch.losses.early {
            misdatedBy = lateBy.map { .zero - $0 }
        } else if batch.losses.early > 0 {
            misdatedBy = batch.earlyBy
        }
        if batch.lines > batch.losses.unparsed + batch.losses.tooLong + batch.losses.early + late {
            hasCounted = true
        }
        let more = Second(
            second: now.second, lines: batch.lines,
            unparsed: batch.losses.unparsed + batch.losses.tooLong,
            misdated: late + batch.losses.early, dropped: batch.losses.dropped)
        // A clock that goes back changes nothing.
        if seconds.last.map({ $0.second < now.second }) ?? true {
            seconds.append(Second(second: now.second))
        }
        seconds[seconds.count - 1] += more
        sum += more
        while let oldest = seconds.first, oldest.second <= now.second - Self.span {
            sum -= oldest
            seconds.removeFirst()
        }
    }

    /// Why the stream cannot be believed, not yet in words.
    enum Cause: Hashable, Sendable {
        case unreadable(String)
        case dropped(Int)
        case unparsed(Int, of: Int)
        /// `by`: how far ahead of the clock, or behind it (negative), the last of them were.
        case clock(Int, of: Int, by: Duration?)
        case noData(Duration)

        var text: String {
            switch self {
            case .unreadable(let why): "unreadable: \(why)"
            case .dropped(let lines): "dropped: \(lines) lines were lost in the last minute"
            case .unparsed(let unparsed, let lines):
                "unparsed: \(unparsed) of \(lines) lines do not fit the format"
            case .clock(let misdated, let lines, let distance):
                "clock: \(misdated) of \(lines) lines are \(Self.text(distance))"
            case .noData(let silence): "no-data: no line for \(silence.text)"
            }
        }

        private static func text(_ distance: Duration?) -> String {
            guard let distance else { return "too old or ahead of the clock" }
            let size = distance < .zero ? .zero - distance : distance
            let grain: Duration = size < .minutes(2) ? .seconds(1) : .minutes(1)
            let rounded = grain * Int((size + grain / 2).nanoseconds / grain.nanoseconds)
            let clocks = "the clock of whoever writes them is wrong, or this host's (timedatectl)"
            return distance < .zero
                ? "\(rounded.text) old: they come late, or \(clocks)"
                : "\(rounded.text) in the future: \(clocks)"
        }
    }

    /// Nothing at all speaks against it, which is seen without the seconds: asked by every rule at
    /// every event.
    @inline(__always)
    func isBeyondDoubt(now: Instant, noDataAfter: Duration?) -> Bool {
        guard unreadable == nil, sum.dropped == 0, sum.unparsed == 0, sum.misdated == 0 else {
            return false
        }
        guard let noDataAfter else { return true }
        guard let since = lastLine ?? watchedSince else { return true }
        return now - since <= noDataAfter
    }

    /// nil: it can be believed.
    /// - Parameter asksForUnparsed: what is asked for is how many lines do not parse, so that is
    ///   no reason, nor when such lines were.
    func cause(
        now: Instant, noDataAfter: Duration?, asksForUnparsed: Bool = false
    ) -> Cause? {
        if let unreadable { return .unreadable(unreadable) }
        var recent = sum
        for second in seconds {
            // Few or none: a batch takes out what is old.
            guard second.second <= now.second - Self.span else { break }
            recent -= second
        }
        let lines = recent.lines
        if recent.dropped > 0 { return .dropped(recent.dropped) }
        if lines >= Self.linesToJudge, !asksForUnparsed {
            if recent.unparsed * 5 > lines { return .unparsed(recent.unparsed, of: lines) }
            if recent.misdated * 2 > lines {
                return .clock(recent.misdated, of: lines, by: misdatedBy)
            }
        }
        if let noDataAfter, let since = lastLine ?? watchedSince, now - since > noDataAfter {
            return .noData(now - since)
        }
        return nil
    }

    /// Why the stream is blind now; nil: it can be believed.
    func blindness(now: Instant, noDataAfter: Duration?) -> String? {
        cause(now: now, noDataAfter: noDataAfter)?.text
    }
}

extension StreamHealth {
    /// The sum is made anew, so that it cannot disagree with the seconds.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        seconds = try container.decode(Deque<Second>.self, forKey: .seconds)
        unreadable = try container.decodeIfPresent(String.self, forKey: .unreadable)
        lastLine = try container.decodeIfPresent(Instant.self, forKey: .lastLine)
        hasReported = try container.decode(Bool.self, forKey: .hasReported)
        watchedSince = try container.decodeIfPresent(Instant.self, forKey: .watchedSince)
        // Before it was kept, nobody knew: then it is not said of a stream that had lines.
        hasCounted =
            try container.decodeIfPresent(Bool.self, forKey: .hasCounted) ?? (lastLine != nil)
        for second in seconds { sum += second }
    }
}
