// Journeys: each step is a signal of its own, which is asked only when those before it passed.

extension ServiceEngine {
    /// A state of a step counts for so many intervals of its journey. Then nobody knows it any
    /// more: a step before it fails, which says enough.
    static let stepCounts = 3

    /// Records a run, step by step and as a whole; the signals that it touched.
    mutating func record(
        _ result: ProbeResult, steps: [ProbeResult.Step], journey: String
    ) -> [String] {
        let signals = steps.map { ProbeConfiguration.signal(ofStep: $0.name, in: journey) }
        for (signal, step) in zip(signals, steps) { record(step.result, probe: signal) }
        record(result, probe: journey)
        return signals + [journey]
    }

    /// The blindness of a journey is that of all its steps.
    mutating func noteHealth(ofJourney place: Int) {
        guard hasSteps, let journey = configuration.probes[place].journey else { return }
        let health = probes.values[place].health
        for step in journey.steps {
            let signal = ProbeConfiguration.signal(ofStep: step.name, in: probes.names[place])
            probes.update(signal) { $0.health.follow(health) }
        }
    }

    /// Whether a state is that of a step which has not been asked for long; `last` is when it was.
    func isOutdated(stepAt place: Int, _ last: Instant, _ now: Instant) -> Bool {
        guard configuration.probes[place].isStep else { return false }
        let probe = configuration.probes[place]
        return now - last > probe.every * Self.stepCounts + probe.timeout
    }

    /// For people: a step that nobody asks, although its journey is.
    func unaskedNote(ofStep name: String, _ now: Instant) -> String? {
        guard let place = probes.place(of: name), !probes.values[place].health.isBlind,
            let last = probes.values[place].health.lastVerdict,
            isOutdated(stepAt: place, last, now)
        else { return nil }
        return "not asked for \((now - last).text): a step before it fails"
    }
}
