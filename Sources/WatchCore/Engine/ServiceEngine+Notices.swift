// A rule that asks for what never comes passes everything: a misspelt pattern, a log that nobody
// writes, a filter that fits no line. That is no verdict, but somebody should hear of it.

extension ServiceEngine {
    /// So long something may be missing before it is said.
    private static let patience = Duration.minutes(1)

    /// Of all triggers.
    func notices(_ now: Instant) -> [String] {
        notices(now, of: configuration.triggers.flatMap(\.when.operands))
    }

    /// What these operands ask for and was never seen since watchd began to watch.
    func notices(_ now: Instant, of operands: [Operand]) -> [String] {
        var said: Set<String> = []
        return operands.flatMap { operand -> [String] in
            if case .failing(let names) = operand {
                return names.compactMap { silence($0, now) }
            }
            if case .matches(let stream, let pattern, _) = operand {
                return [silence(stream, now) ?? unmatched(stream, pattern, now)].compactMap { $0 }
            }
            return [operand.signal.flatMap { silence($0, now) }].compactMap { $0 }
        }.filter { said.insert($0).inserted }
    }

    private func silence(_ signal: String, _ now: Instant) -> String? {
        if let probe = probes[signal] {
            guard !probe.health.hasSpoken, !probe.health.isBlind,
                now - restarted >= Self.patience
            else { return nil }
            return "probe '\(signal)' has never had a result"
        }
        guard let stream = streams[signal], let since = watched(stream, now) else { return nil }
        if stream.health.lastLine == nil {
            return "stream '\(signal)' has had no line since watchd began to watch it, "
                + "\(since.text) ago"
        }
        guard stream.windows.lastObservation == nil else { return nil }
        return "stream '\(signal)' has lines, but none of them was counted since watchd began to "
            + "watch it, \(since.text) ago: look at its format, its times and its filters"
    }

    private func unmatched(_ name: String, _ pattern: String, _ now: Instant) -> String? {
        guard let stream = streams[name], let since = watched(stream, now),
            !(stream.matched?.contains(pattern) ?? false)
        else { return nil }
        return "pattern '\(name).\(pattern)' has matched no line since watchd began to watch, "
            + "\(since.text) ago: if that is not as it should be, it may be misspelt"
    }

    /// How long the stream is watched, if that is long enough to wonder.
    private func watched(_ stream: StreamSignal, _ now: Instant) -> Duration? {
        guard let since = stream.health.watchedSince, now - since >= Self.patience else {
            return nil
        }
        return now - since
    }
}
