// Whether a stream can be believed. A log that cannot be read, no longer parses, lost lines or
// lives in another time must make its triggers blind, never healthy.

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
    }

    private var seconds: [Second] = []
    private(set) var unreadable: String?
    private(set) var lastLine: Instant?
    /// Anything was ever heard of the source itself.
    private(set) var hasReported = false
    private(set) var watchedSince: Instant?

    /// `late`: lines of the batch that no window covers any more.
    mutating func record(_ batch: StreamBatch, late: Int, now: Instant) {
        hasReported = true
        if watchedSince == nil { watchedSince = now }
        switch batch.source {
        case .reading: unreadable = nil
        case .unreadable(let why): unreadable = why
        }
        guard batch.lines > 0 || batch.losses.dropped > 0 else { return }
        if batch.lines > 0 { lastLine = now }
        if seconds.last?.second != now.second { seconds.append(Second(second: now.second)) }
        let last = seconds.count - 1
        seconds[last].lines += batch.lines
        seconds[last].unparsed += batch.losses.unparsed + batch.losses.tooLong
        seconds[last].misdated += late + batch.losses.early
        seconds[last].dropped += batch.losses.dropped
        seconds.removeAll { $0.second <= now.second - Self.span }
    }

    /// Why the stream cannot be believed, not yet in words.
    enum Cause: Hashable, Sendable {
        case unreadable(String)
        case dropped(Int)
        case unparsed(Int, of: Int)
        case clock(Int, of: Int)
        case noData(Duration)

        var text: String {
            switch self {
            case .unreadable(let why): "unreadable: \(why)"
            case .dropped(let lines): "dropped: \(lines) lines were lost in the last minute"
            case .unparsed(let unparsed, let lines):
                "unparsed: \(unparsed) of \(lines) lines do not fit the format"
            case .clock(let misdated, let lines):
                "clock: \(misdated) of \(lines) lines are too old or ahead of the clock"
            case .noData(let silence): "no-data: no line for \(silence.text)"
            }
        }
    }

    /// nil: it can be believed.
    /// - Parameter asksForUnparsed: what is asked for is how many lines do not parse, so that is
    ///   no reason, nor when such lines were.
    func cause(
        now: Instant, noDataAfter: Duration?, asksForUnparsed: Bool = false
    ) -> Cause? {
        if let unreadable { return .unreadable(unreadable) }
        var lines = 0
        var dropped = 0
        var unparsed = 0
        var misdated = 0
        for second in seconds where second.second > now.second - Self.span {
            lines += second.lines
            dropped += second.dropped
            unparsed += second.unparsed
            misdated += second.misdated
        }
        if dropped > 0 { return .dropped(dropped) }
        if lines >= Self.linesToJudge, !asksForUnparsed {
            if unparsed * 5 > lines { return .unparsed(unparsed, of: lines) }
            if misdated * 2 > lines { return .clock(misdated, of: lines) }
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
