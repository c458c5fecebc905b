// How few failures fire a rule: an automatic one that three failures fire will roll back for
// nothing, sooner or later.

import WatchCore

struct FewFailures {
    /// So few must not roll anything back.
    static let limit = 3

    let service: ServiceConfiguration
    let rule: TriggerConfiguration

    /// The fewest failures, up to `limit`, that fire the rule; nil: more are needed, or none.
    var fewest: Int? {
        let signals = self.signals
        // With more the number of ways explodes, and few failures do not fire such a rule.
        guard !signals.isEmpty, signals.count <= 6 else { return nil }
        return scenarios.compactMap { fewest($0, signals) }.min()
    }

    private func fewest(_ healthy: Scenario, _ signals: [String]) -> Int? {
        guard !healthy.fires(rule.when) else { return nil }
        for total in 1...Self.limit {
            var fewest: Int?
            allot(total, signals[...], [:]) { failures in
                var scenario = healthy
                scenario.failures = failures
                guard scenario.fires(rule.when) else { return }
                let lasting = sustained(total, failures)
                fewest = min(fewest ?? lasting, lasting)
            }
            if let fewest { return fewest <= Self.limit ? fewest : nil }
        }
        return nil
    }

    private var scenarios: [Scenario] {
        rule.densities.flatMap { samples in
            [false, true].map { isOld in
                Scenario(
                    service: service, judgement: rule.judgement, samples: samples, isOld: isOld)
            }
        }
    }

    private var signals: [String] {
        var seen: Set<String> = []
        return rule.when.operands.flatMap { operand -> [String] in
            if case .failing(let names) = operand {
                return names.isEmpty ? service.askedNames : names
            }
            return operand.signal.map { [$0] } ?? []
        }.filter { seen.insert($0).inserted }
    }

    /// Every way to spread failures over signals.
    private func allot(
        _ total: Int, _ signals: ArraySlice<String>, _ failures: [String: Int],
        _ body: ([String: Int]) -> Void
    ) {
        guard let signal = signals.first else {
            if total == 0 { body(failures) }
            return
        }
        for count in 0...total {
            var next = failures
            next[signal] = count
            allot(total - count, signals.dropFirst(), next, body)
        }
    }

    // MARK: - `for`

    /// How many failures keep the rule true in 90 % of `for`: those in a window leave it after its
    /// width, and must come anew.
    private func sustained(_ total: Int, _ failures: [String: Int]) -> Int {
        guard let span = rule.sustainedFor else { return total }
        let wanted = 0.9 * span.seconds
        return rule.when.operands.map { operand in
            switch operand {
            case .signal(_, let signal, let width), .burnRate(let signal, let width),
                .matches(let signal, _, let width), .restarts(let signal, let width),
                .parseFailures(let signal, let width), .failingRoutes(let signal, let width),
                .affected(let signal, _, let width):
                guard failures[signal, default: 0] > 0 else { return Int.max }
                return total * Int((wanted / width.seconds).rounded(.up))
            case .failing(let names):
                let all = names.isEmpty ? service.askedNames : names
                return all.map { lasting($0, total, failures, wanted) }.min() ?? .max
            case .up(let name): return lasting(name, total, failures, wanted)
            case .overrun, .releaseAge, .baseline: return .max
            }
        }.min() ?? total
    }

    /// A probe that fails recovers by `successes` in a row: one failure before each is enough.
    private func lasting(
        _ name: String, _ total: Int, _ failures: [String: Int], _ wanted: Double
    ) -> Int {
        guard failures[name, default: 0] > 0, let probe = service.probe(name) else { return .max }
        let each = max(0.001, probe.every.seconds * Double(probe.successes))
        let more = max(0, (wanted / each).rounded(.up) - 1)
        return total + Int(min(more, 1e6))
    }
}

extension TriggerConfiguration {
    /// Samples in a window: traffic as sparse as may be, and just as dense as some number of the
    /// rule wants it. In order.
    var densities: [Int] {
        let needed = judgement.minSamplesOfStream
        var counts: Set<Int> = [needed]
        for operand in when.operands {
            guard case .signal(let function, _, let width) = operand else { continue }
            for number in when.numbers where number > 0 && number < 1e9 {
                switch function {
                case .count: counts.insert(Int(number.rounded(.down)) + 1)
                case .rate: counts.insert(Int((number * width.seconds).rounded(.down)) + 1)
                case .errorRate, .successRate, .errors, .percentile, .mean, .max: break
                }
            }
        }
        return counts.filter { $0 >= needed }.sorted()
    }
}
