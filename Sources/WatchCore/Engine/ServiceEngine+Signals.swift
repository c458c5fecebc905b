// Observations come in, readings go out.

extension ServiceEngine {
    mutating func record(_ result: ProbeResult, probe name: String) {
        // Taken out while it changes, so that its windows are not copied.
        guard let probe = configuration.probe(name),
            var signal = probes.removeValue(forKey: name)
        else { return }
        signal.health.record(result, failures: probe.failures, successes: probe.successes)
        if !result.isRecheck {
            switch result.outcome {
            case .pass:
                signal.windows.record(
                    at: result.started, isError: false, latency: result.took.seconds)
            case .fail:
                noteBad(result.started)
                signal.windows.record(
                    at: result.started, isError: true, latency: result.took.seconds)
            case .error: break
            }
        }
        probes[name] = signal
        noteProbeForVerification(name, result)
    }

    mutating func record(_ batch: StreamBatch, stream name: String, now: Instant) {
        guard var signal = streams.removeValue(forKey: name) else { return }
        var late = 0
        for slice in batch.slices {
            if !signal.windows.merge(slice, now: now) { late += slice.count }
            if slice.errors > 0 { noteBad(Instant(nanoseconds: slice.second * 1_000_000_000)) }
        }
        signal.health.record(batch, late: late, now: now)
        streams[name] = signal
    }

    /// Why a signal cannot be believed; nil: it can, or is not known.
    func blindness(of signal: String, now: Instant) -> String? {
        if isUnseen { return nil }
        if let probe = probes[signal] {
            guard probe.health.isBlind else { return nil }
            return probe.health.lastReason ?? "it could not be asked"
        }
        guard let stream = streams[signal] else { return nil }
        return stream.health.blindness(
            now: now, noDataAfter: configuration.stream(signal)?.noDataAfter)
    }

    mutating func evaluate(
        _ expression: Expression, _ judgement: Judgement, now: Instant
    ) -> Evaluation {
        expression.evaluate { reading(of: $0, judgement, now: now) }
    }

    mutating func reading(of operand: Operand, _ judgement: Judgement, now: Instant) -> Reading {
        if isUnseen { return Reading(gap: .noData) }
        switch operand {
        case .failing(let names): return failing(names, judgement, now: now)
        case .up(let name): return up(name, judgement, now: now)
        case .signal(let function, let signal, let width):
            if let why = blindness(of: signal, now: now) { return Reading(gap: .blind(why)) }
            guard hasReported(signal) else { return Reading(gap: .noData) }
            let sums: SignalWindows.Sums
            let needed: Int
            if probes[signal] != nil {
                sums = probes[signal]?.windows.sums(width: width, now: now) ?? .init()
                needed = judgement.minSamplesOfProbe
            } else if streams[signal] != nil {
                sums = streams[signal]?.windows.sums(width: width, now: now) ?? .init()
                needed = judgement.minSamplesOfStream
            } else {
                return Reading(gap: .noData)
            }
            guard sums.covered >= Swift.min(width, judgement.warmUp) else {
                return Reading(gap: .warmingUp, samples: sums.count)
            }
            return function.reading(sums, width: width, needed: needed)
        }
    }

    /// Whether anything was ever heard of the signal itself: of a log that nobody reads yet not
    /// even the count is known, while one that is read and silent has a count of 0.
    private func hasReported(_ signal: String) -> Bool {
        streams[signal].map(\.health.hasReported) ?? (probes[signal]?.health.lastVerdict != nil)
    }

    private func isWarm(_ judgement: Judgement, now: Instant) -> Bool {
        (now - restarted) - uncovered.within(from: restarted, to: now) >= judgement.warmUp
    }

    /// Whether the state of a probe is of today: it spoke, and was not due in a time that nobody
    /// watched since.
    private func hasSpoken(_ name: String, _ health: ProbeHealth, now: Instant) -> Bool {
        guard health.state != .waiting, let last = health.lastVerdict,
            let every = configuration.probe(name)?.every
        else { return false }
        return uncovered.within(from: last, to: now) <= every
    }

    private func failing(_ names: [String], _ judgement: Judgement, now: Instant) -> Reading {
        guard isWarm(judgement, now: now) else { return Reading(gap: .warmingUp) }
        let known = names.compactMap { name in probes[name].map { (name, $0.health) } }
        let seeing = known.filter { !$0.1.isBlind }
        let spoken = seeing.filter { hasSpoken($0.0, $0.1, now: now) }
        guard spoken.count * 2 >= names.count, !spoken.isEmpty else {
            let blind = known.count - seeing.count
            return Reading(
                gap: blind * 2 > names.count
                    ? .blind("\(blind) of \(names.count) probes could not be asked") : .noData,
                samples: spoken.count)
        }
        let failing = spoken.filter { $0.1.state == .failing }.count
        return Reading(value: Double(failing) / Double(spoken.count), samples: spoken.count)
    }

    private func up(_ name: String, _ judgement: Judgement, now: Instant) -> Reading {
        guard isWarm(judgement, now: now) else { return Reading(gap: .warmingUp) }
        guard let health = probes[name]?.health else { return Reading(gap: .noData) }
        if health.isBlind {
            return Reading(gap: .blind(health.lastReason ?? "it could not be asked"))
        }
        guard hasSpoken(name, health, now: now) else { return Reading(gap: .noData) }
        switch health.state {
        case .waiting: return Reading(gap: .noData)
        case .passing: return Reading(value: 1, samples: 1)
        case .failing: return Reading(value: 0, samples: 1)
        }
    }
}

extension SignalFunction {
    /// The function's value over the sums of one window.
    func reading(_ sums: SignalWindows.Sums, width: Duration, needed: Int) -> Reading {
        let count = Double(sums.count)
        switch self {
        case .count: return Reading(value: count, samples: sums.count)
        case .errors: return Reading(value: Double(sums.errors), samples: sums.count)
        case .rate: return Reading(value: count / width.seconds, samples: sums.count)
        case .errorRate, .successRate:
            guard sums.count >= Swift.max(1, needed) else {
                return Reading(gap: .tooFewSamples(needed: needed), samples: sums.count)
            }
            let rate = Double(sums.errors) / count
            return Reading(value: self == .errorRate ? rate : 1 - rate, samples: sums.count)
        case .percentile(let p): return latency(sums, needed) { $0.percentile(p) }
        case .mean: return latency(sums, needed) { $0.mean }
        case .max: return latency(sums, needed) { $0.max }
        }
    }

    private func latency(
        _ sums: SignalWindows.Sums, _ needed: Int, _ value: (LatencySketch) -> Double?
    ) -> Reading {
        let samples = sums.latency.count
        guard samples >= Swift.max(1, needed), let value = value(sums.latency) else {
            return Reading(gap: .tooFewSamples(needed: needed), samples: samples)
        }
        return Reading(value: value, samples: samples)
    }
}
