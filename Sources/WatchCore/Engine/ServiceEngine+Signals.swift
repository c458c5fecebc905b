// Observations come in. What is asked of them is in `ServiceEngine+Readings`.

extension ServiceEngine {
    mutating func record(_ result: ProbeResult, probe name: String) {
        // Taken out while it changes, so that its windows are not copied.
        guard let probe = configuration.probe(name),
            var signal = probes.removeValue(forKey: name)
        else { return }
        signal.health.record(result, failures: probe.failures, successes: probe.successes)
        signal.noteRestarts(result)
        if !result.isRecheck {
            switch result.outcome {
            case .pass: record(result, isError: false, name, &signal.windows)
            case .fail:
                noteBad(result.started)
                record(result, isError: true, name, &signal.windows)
            case .error: break
            }
        }
        probes[name] = signal
        noteProbeForVerification(name, result)
    }

    private mutating func record(
        _ result: ProbeResult, isError: Bool, _ name: String, _ windows: inout SignalWindows
    ) {
        // A record may not say how long it took.
        let latency = result.took > .zero ? result.took.seconds : nil
        windows.record(at: result.started, isError: isError, latency: latency)
        noteForBaseline(
            name, Tally(count: 1, errors: isError ? 1 : 0),
            LatencySketch(latency.map { [$0] } ?? []), at: result.started)
    }

    mutating func record(_ batch: StreamBatch, stream name: String, now: Instant) {
        guard var signal = streams.removeValue(forKey: name) else { return }
        var late = 0
        for slice in batch.slices {
            let time = Instant(nanoseconds: slice.second &* 1_000_000_000)
            if signal.windows.merge(slice, now: now) {
                noteForBaseline(
                    name, Tally(count: slice.count, errors: slice.errors), slice.latency, at: time)
            } else {
                late += slice.count
            }
            if slice.errors > 0 { noteBad(time) }
            for (pattern, count) in slice.patterns where count > 0 {
                signal.noteMatch(of: pattern)
            }
        }
        if batch.lines > 0 {
            // Lines that do not parse have no time of their own.
            signal.windows.recordUnparsed(
                batch.losses.unparsed + batch.losses.tooLong, lines: batch.lines, at: now)
        }
        signal.health.record(batch, late: late, now: now)
        streams[name] = signal
    }

    /// Why a signal cannot be believed, not yet in words; nil: it can, or is not known.
    func blindCause(of signal: String, now: Instant) -> BlindCause? {
        if isUnseen { return nil }
        if let probe = probes[signal] { return probe.health.isBlind ? .probe(probe.health) : nil }
        guard let stream = streams[signal] else { return nil }
        return stream.health.cause(now: now, noDataAfter: noDataAfter(signal))
            .map { .stream($0) }
    }

    /// Without a copy of the stream's configuration.
    func noDataAfter(_ stream: String) -> Duration? {
        guard let index = configuration.streams.firstIndex(where: { $0.name == stream }) else {
            return nil
        }
        return configuration.streams[index].noDataAfter
    }

    /// Why a signal cannot be believed; nil: it can, or is not known.
    func blindness(of signal: String, now: Instant) -> String? {
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
