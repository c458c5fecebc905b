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
    private var watchedSince: Instant?

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

    /// Why the stream is blind now; nil: it can be believed.
    func blindness(now: Instant, noDataAfter: Duration?) -> String? {
        if let unreadable { return "unreadable: \(unreadable)" }
        let recent = seconds.filter { $0.second > now.second - Self.span }
        let lines = recent.reduce(0) { $0 + $1.lines }
        let dropped = recent.reduce(0) { $0 + $1.dropped }
        if dropped > 0 { return "dropped: \(dropped) lines were lost in the last minute" }
        if lines >= Self.linesToJudge {
            let unparsed = recent.reduce(0) { $0 + $1.unparsed }
            if unparsed * 5 > lines {
                return "unparsed: \(unparsed) of \(lines) lines do not fit the format"
            }
            let misdated = recent.reduce(0) { $0 + $1.misdated }
            if misdated * 2 > lines {
                return "clock: \(misdated) of \(lines) lines are too old or ahead of the clock"
            }
        }
        if let noDataAfter, let since = lastLine ?? watchedSince, now - since > noDataAfter {
            return "no-data: no line for \((now - since).text)"
        }
        return nil
    }
}
