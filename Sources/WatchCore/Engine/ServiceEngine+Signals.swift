// Observations come in. What is asked of them is in `ServiceEngine+Readings`.

extension ServiceEngine {
    mutating func record(_ result: ProbeResult, probe name: String) {
        guard let place = probes.place(of: name) else { return }
        probes.values[place].health.record(
            result, failures: configuration.probes[place].failures,
            successes: configuration.probes[place].successes, since: restarted)
        noteHealth(ofJourney: place)
        probes.values[place].noteRestarts(result)
        probes.values[place].noteBody(of: result)
        if !result.isRecheck {
            switch result.outcome {
            case .pass: record(result, isError: false, place)
            case .fail:
                noteBad(result.started)
                record(result, isError: true, place)
            case .error: break
            }
        }
        noteProbeForVerification(name, result)
    }

    private mutating func record(_ result: ProbeResult, isError: Bool, _ place: Int) {
        // A record may not say how long it took.
        let latency = result.took > .zero ? result.took.seconds : nil
        probes.values[place].windows.record(at: result.started, isError: isError, latency: latency)
        noteForBaseline(probes.names[place], at: result.started) {
            ReleaseBaseline.Sample(
                tally: Tally(count: 1, errors: isError ? 1 : 0),
                latency: LatencySketch(latency.map { [$0] } ?? []))
        }
    }

    mutating func record(_ batch: StreamBatch, stream name: String, now: Instant) {
        guard let place = streams.place(of: name) else { return }
        var late = 0
        var lateBy: Duration?
        // By place: a second is long to copy.
        for second in batch.slices.indices {
            let time = Instant(nanoseconds: batch.slices[second].second &* 1_000_000_000)
            if streams.values[place].windows.merge(batch.slices[second], now: now) {
                noteForBaseline(name, at: time) {
                    ReleaseBaseline.Sample(
                        tally: Tally(
                            count: batch.slices[second].count, errors: batch.slices[second].errors),
                        latency: batch.slices[second].latency)
                }
            } else {
                late += batch.slices[second].count
                lateBy = now - time
            }
            if batch.slices[second].errors > 0 { noteBad(time) }
            for (pattern, count) in batch.slices[second].patterns where count > 0 {
                streams.values[place].noteMatch(of: pattern)
            }
        }
        if batch.lines > 0 {
            // Lines that do not parse have no time of their own.
            streams.values[place].windows.recordUnparsed(
                batch.losses.unparsed + batch.losses.tooLong, lines: batch.lines, at: now)
        }
        streams.values[place].health.record(batch, late: late, lateBy: lateBy, now: now)
        streams.values[place].noteUnwatched(
            batch, keepsPosition: configuration.streams[place].kind.keepsPosition, now: now)
        streams.values[place].noteSamples(batch.samples)
    }

    // Mutating, though nothing changes: asked at every second, and looked at in place.

    /// Why a signal cannot be believed, not yet in words; nil: it can, or is not known.
    mutating func blindCause(of signal: String, now: Instant) -> BlindCause? {
        if isUnseen { return nil }
        if let place = probes.place(of: signal) {
            guard probes.values[place].health.isBlind else { return nil }
            return .probe(probes.values[place].health)
        }
        guard let place = streams.place(of: signal) else { return nil }
        guard isDoubtful(stream: place, now) else { return nil }
        return streams.values[place].health
            .cause(now: now, noDataAfter: configuration.streams[place].noDataAfter)
            .map { .stream($0) }
    }

    /// Whether there is such a cause.
    mutating func isBlind(_ signal: String, now: Instant) -> Bool {
        if isUnseen { return false }
        if let place = probes.place(of: signal) { return probes.values[place].health.isBlind }
        guard let place = streams.place(of: signal), isDoubtful(stream: place, now) else {
            return false
        }
        let noDataAfter = configuration.streams[place].noDataAfter
        if case .some = streams.values[place].health.cause(now: now, noDataAfter: noDataAfter) {
            return true
        }
        return false
    }

    /// Something may speak against the stream at that place: asked first, because mostly nothing
    /// does.
    @inline(__always)
    func isDoubtful(stream place: Int, _ now: Instant) -> Bool {
        !streams.values[place].health.isBeyondDoubt(
            now: now, noDataAfter: configuration.streams[place].noDataAfter)
    }

    /// Why a signal cannot be believed; nil: it can, or is not known.
    mutating func blindness(of signal: String, now: Instant) -> String? {
        blindCause(of: signal, now: now)?.text
    }
}

/// Why a signal cannot be believed. Made into words only when somebody wants them: it is asked for
/// thousands of times a second.
enum BlindCause {
    case probe(ProbeHealth)
    case stream(StreamHealth.Cause)

    var text: String {
        switch self {
        case .probe(let health): health.lastReason ?? "it could not be asked"
        case .stream(let cause): cause.text
        }
    }
}

extension ServiceEngine.StreamSignal {
    fileprivate mutating func noteMatch(of pattern: String) {
        if matched?.contains(pattern) ?? false { return }
        matched = (matched ?? []).union([pattern])
    }
}

extension ServiceEngine.ProbeSignal {
    /// A unit's counter of restarts (`NRestarts`) grew, or began anew because somebody started
    /// the unit by hand.
    fileprivate mutating func noteRestarts(_ result: ProbeResult) {
        guard let restarts = result.restarts, restarts >= 0 else { return }
        defer { lastRestarts = restarts }
        guard let before = lastRestarts else { return }
        let more = restarts >= before ? restarts - before : restarts
        if more > 0 { windows.recordRestarts(more, at: result.started) }
    }
}
