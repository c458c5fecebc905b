// A moment made up for the checks: so many failures here and there, everything else healthy. The
// rule itself says whether it would fire.

import WatchCore

struct Scenario {
    let service: ServiceConfiguration
    let judgement: Judgement
    /// Failed or slow answers, and lines that match, by signal.
    var failures: [String: Int] = [:]
    /// Samples in every window of a stream; at least what is needed.
    var samples = 0
    /// What nobody can foresee: the age of a release, an operation that overruns.
    var isOld = false
    /// Lines that match each pattern, besides failures.
    var matches = 0
    /// Every request and every probe fails, whatever `failures` says.
    var isAllFailing = false
    /// No line comes at all.
    var isSilent = false
    /// Latency of a good answer, in seconds.
    var quick = 0.1

    func fires(_ when: Expression) -> Bool { truth(of: when) == .true }

    func truth(of when: Expression) -> Truth {
        when.find(service.terms(judgement), reading).truth
    }

    private func reading(_ operand: Operand) -> Reading {
        switch operand {
        case .signal(let function, let signal, let width): return ask(function, signal, width)
        case .burnRate(let signal, let width):
            guard let slo = service.slo else { return Reading(gap: .undefined) }
            var reading = ask(.errorRate, signal, width)
            reading.value = reading.value.map { $0 / (1 - slo) }
            return reading
        case .failing(let names):
            let all = names.isEmpty ? service.askedNames : names
            return Reading(
                value: Double(all.count(where: isFailing)) / Double(max(1, all.count)),
                samples: all.count)
        case .up(let name): return Reading(value: isFailing(name) ? 0 : 1, samples: 1)
        case .matches(let stream, _, _):
            let lines = failures[stream, default: 0] + matches
            return Reading(value: Double(lines), samples: lines)
        case .restarts(let unit, _):
            let times = isAllFailing ? Self.manyRestarts : failures[unit, default: 0]
            return Reading(value: Double(times), samples: 1)
        case .parseFailures(let stream, let width), .affected(let stream, _, let width):
            return ask(.errorRate, stream, width)
        case .failingRoutes(let stream, let width):
            // All of them on the one route that has enough requests.
            var reading = ask(.errorRate, stream, width)
            reading.value = reading.value.map { $0 > 0.5 ? 1 : 0 }
            return reading
        case .overrun, .releaseAge: return Reading(value: isOld ? 1e9 : 0, samples: 1)
        case .baseline(let inner): return healthy(inner)
        }
    }

    /// As the last known good was: hardly an error, a tenth of a second.
    private func healthy(_ operand: Operand) -> Reading {
        guard case .signal(let function, _, let width) = operand else {
            return Reading(gap: .undefined)
        }
        let value =
            switch function {
            case .errorRate: 0.001
            case .successRate: 0.999
            case .count, .errors: 0.0
            case .rate: Double(samples) / width.seconds
            case .percentile, .mean, .max: quick
            }
        return Reading(value: value, samples: 10_000)
    }

    private static let manyRestarts = 1_000_000
    /// Whatever the threshold, this is slow.
    private static let slow = 3600.0

    private func isFailing(_ name: String) -> Bool {
        isAllFailing
            || service.probe(name).map { failures[name, default: 0] >= $0.failures } ?? false
    }

    private func ask(_ function: SignalFunction, _ signal: String, _ width: Duration) -> Reading {
        let usual = samples(signal, width)
        let failed = isAllFailing ? usual : failures[signal, default: 0]
        let samples = max(failed, usual)
        if samples == 0, function.needsSamples { return Reading(gap: .noData) }
        let share = Double(failed) / Double(max(1, samples))
        let value: Double
        switch function {
        case .errorRate: value = share
        case .successRate: value = 1 - share
        case .count: value = Double(samples)
        case .errors: value = Double(failed)
        case .rate: value = Double(samples) / width.seconds
        case .percentile(let p):
            // Nearest rank: that of the slowest few lies among them.
            let rank = (p / 100 * Double(samples)).rounded(.up)
            value = rank > Double(samples - failed) ? Self.slow : quick
        case .max: value = failed > 0 ? Self.slow : quick
        // What a few slow ones among many make of it is anybody's guess.
        case .mean where failed > 0 && failed < samples: return Reading(gap: .noData)
        case .mean: value = failed > 0 ? Self.slow : quick
        }
        return Reading(value: value, samples: samples)
    }

    /// Probes come by the clock: when a window first answers it holds what came in `warm_up`.
    private func samples(_ signal: String, _ width: Duration) -> Int {
        guard let probe = service.probe(signal) else {
            if isSilent { return 0 }
            return max(judgement.minSamplesOfStream, samples)
        }
        let covered = min(width, judgement.warmUp).nanoseconds
        let regular = Int(clamping: covered / max(1, probe.every.nanoseconds))
        return max(judgement.minSamplesOfProbe, regular)
    }
}

extension ServiceConfiguration {
    func terms(_ judgement: Judgement) -> EvaluationTerms {
        EvaluationTerms(confidence: judgement.confidence, slo: slo)
    }
}
