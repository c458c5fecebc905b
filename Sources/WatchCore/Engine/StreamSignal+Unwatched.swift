// Time in which a stream was not read, or lost lines, must not pass for time in which nothing
// happened: it covers no window of that stream. Where lines are read later it is no gap, but they
// may come in all at once, so no rate is taken of it.

extension ServiceEngine.StreamSignal {
    /// What was written since `since` is being read.
    struct CatchingUp: Hashable, Sendable {
        /// Lines that come later after the source was first heard of were written then.
        static let limit = Duration.seconds(10)

        var since: Instant
        /// When the source was heard of again; nil: not yet.
        var resumed: Instant?
    }

    /// Called for every batch, after it was counted.
    mutating func noteUnwatched(_ batch: StreamBatch, keepsPosition: Bool, now: Instant) {
        defer { heard = now }
        if let news = batch.turnedAway {
            turnedAway = news + (notice(now: now) == nil ? nil : turnedAway)
            turnedAwayAt = now
        }
        if batch.losses.dropped > 0 { uncoverLoss(batch, now: now) }
        guard case .reading = batch.source else {
            if unreadableSince == nil { unreadableSince = now }
            return
        }
        if let since = unreadableSince {
            unreadableSince = nil
            if keepsPosition {
                let earlier = catchingUp.map { Swift.min($0.since, since) }
                catchingUp = CatchingUp(since: earlier ?? since)
            } else {
                windows.uncover(from: since, to: now)
            }
        }
        catchUp(batch, now: now)
    }

    /// What people should know of it, though it can be believed; nil: nothing.
    func notice(now: Instant) -> String? {
        guard let turnedAway, let turnedAwayAt, now - turnedAwayAt <= Self.noticeFor else {
            return nil
        }
        let senders = turnedAway.count == 1 ? "1 sender was" : "\(turnedAway.count) senders were"
        return "\(senders) turned away: \(turnedAway.why)"
    }

    private static let noticeFor = Duration.minutes(10)

    private mutating func catchUp(_ batch: StreamBatch, now: Instant) {
        guard let catching = catchingUp else { return }
        let resumed = catching.resumed ?? now
        guard now - resumed <= CatchingUp.limit else {
            catchingUp = nil
            return
        }
        catchingUp?.resumed = resumed
        // Lines without a time are of the second in which they were read.
        windows.unrate(
            from: catching.since, to: Instant(nanoseconds: now.nanoseconds &+ 1))
        // The first batch says only that there is something to read.
        if batch.lines > 0, !batch.isBehind { catchingUp = nil }
    }

    /// The lines are of some time between the last batch, or the first line of this, and now.
    private mutating func uncoverLoss(_ batch: StreamBatch, now: Instant) {
        let first = batch.slices.map(\.second).min() ?? now.second
        let second = Swift.min(first, (heard ?? now).second, now.second)
        guard let from = Instant(second: second), let to = Instant(second: now.second + 1) else {
            return
        }
        windows.uncover(from: from, to: to)
    }
}

extension Instant {
    /// nil: it is beyond what can be said.
    fileprivate init?(second: Int64) {
        let (nanoseconds, overflow) = second.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return nil }
        self.init(nanoseconds: nanoseconds)
    }
}

extension ServiceEngine {
    /// Nobody read from `since` until now.
    mutating func catchUp(since: Instant) {
        for place in streams.indices where configuration.streams[place].kind.keepsPosition {
            streams.values[place].catchingUp = StreamSignal.CatchingUp(since: since)
        }
    }
}
