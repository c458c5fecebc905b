// `--suggest`: thresholds out of a record in which all was well. Each signal is read over the
// windows that rules use; the highest value that health ever showed, and a margin, is where a rule
// may begin to speak.

public import WatchCore

public struct ThresholdAdvice: Hashable, Sendable {
    public var service: String
    /// `error_rate(access, 2m)`
    public var operand: String
    /// How often it was read while no rule was breached, every ten seconds.
    public var values: Int
    public var median: Double
    public var p99: Double
    public var extreme: Double
    /// `error_rate(access, 2m) > 3%`
    public var when: String
    public var name: String
    /// Why that threshold.
    public var why: String

    /// Below so many values there is nothing to advise on.
    public static let valuesNeeded = 60
    private static let prefix = "\u{1}advice "

    static func isOwn(_ trigger: String) -> Bool { trigger.hasPrefix(prefix) }

    /// What is measured of a signal, and how a threshold follows.
    private enum Measure: CaseIterable {
        case errorRate, p95, p99, rate

        func operand(_ signal: String) -> String {
            switch self {
            case .errorRate: "error_rate(\(signal), 2m)"
            case .p95: "p95(\(signal), 5m)"
            case .p99: "p99(\(signal), 5m)"
            case .rate: "rate(\(signal), 5m)"
            }
        }

        /// An expression that reads it and is never true.
        func never(_ signal: String) -> String {
            switch self {
            case .errorRate: "\(operand(signal)) > 100%"
            case .p95, .p99: "\(operand(signal)) < 0s"
            case .rate: "\(operand(signal)) < 0"
            }
        }
    }

    /// The configuration with rules that never fire, so that the engine reads what is wanted.
    public static func probing(
        _ configuration: Configuration, _ request: ReplayRequest
    ) -> Configuration {
        var result = configuration
        for index in result.services.indices {
            let service = result.services[index]
            for input in request.inputs where input.service == service.name {
                for measure in Measure.allCases where input.kind == .stream || measure != .rate {
                    let operand = measure.operand(input.signal)
                    let name = prefix + operand
                    guard !result.services[index].triggers.contains(where: { $0.name == name }),
                        let when = try? Expression(measure.never(input.signal))
                    else { continue }
                    result.services[index].triggers.append(
                        TriggerConfiguration(
                            name: name, when: when, severity: .low, mode: .shadow,
                            judgement: service.judgement))
                }
            }
        }
        return result
    }

    /// In the order of the inputs.
    public static func advice(
        _ findings: ReplayFindings, _ request: ReplayRequest
    ) -> [ThresholdAdvice] {
        var seen: Set<String> = []
        return request.inputs.flatMap { input -> [ThresholdAdvice] in
            guard seen.insert(input.name).inserted else { return [] }
            return Measure.allCases.compactMap { measure in
                let operand = measure.operand(input.signal)
                guard let values = findings.clean[input.service]?[operand],
                    values.count >= valuesNeeded
                else { return nil }
                return advice(measure, input, values.sorted())
            }
        }
    }

    private static func advice(
        _ measure: Measure, _ input: ReplayRequest.Input, _ sorted: [Float]
    ) -> ThresholdAdvice? {
        func rank(_ share: Double) -> Double {
            Double(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))])
        }
        let highest = Double(sorted[sorted.count - 1])
        let lowest = Double(sorted[0])
        let threshold: Double
        let comparison: String
        let why: String
        let subject: String
        switch measure {
        case .errorRate:
            subject = "errors"
            threshold = roundedUp(max(highest * 2, highest + 0.02))
            comparison = "> \(plain(threshold * 100))%"
            why = "twice the highest that health showed, and at least two points above it"
            guard threshold < 0.9 else { return nil }
        case .p95, .p99:
            subject = measure == .p95 ? "slow" : "slow tail"
            threshold = roundedUp(max(highest * 1.5, 0.001))
            comparison = "> \(plain(threshold * 1000))ms"
            why = "half as much again as the highest that health showed"
        case .rate:
            subject = "traffic"
            guard lowest > 0 else { return nil }
            threshold = roundedDown(lowest / 2)
            comparison = "< \(plain(threshold))"
            why = "half of the lowest that health showed"
            guard threshold > 0 else { return nil }
        }
        let operand = measure.operand(input.signal)
        return ThresholdAdvice(
            service: input.service, operand: operand, values: sorted.count, median: rank(0.5),
            p99: measure == .rate ? rank(0.01) : rank(0.99),
            extreme: measure == .rate ? lowest : highest, when: "\(operand) \(comparison)",
            name: "\(input.signal) \(subject)", why: why)
    }

    /// Two digits that people would write.
    private static func roundedUp(_ value: Double) -> Double { rounded(value, .up) }
    private static func roundedDown(_ value: Double) -> Double { rounded(value, .down) }

    private static func rounded(_ value: Double, _ rule: FloatingPointRoundingRule) -> Double {
        guard value > 0 else { return 0 }
        var scale = 1.0
        while value * scale < 10 { scale *= 10 }
        while value * scale >= 100 { scale /= 10 }
        // What is two digits already stays, in spite of binary fractions.
        let digits = (value * scale * 1e6).rounded() / 1e6
        return digits.rounded(rule) / scale
    }

    private static func plain(_ value: Double) -> String {
        let cleaned = (value * 1e6).rounded() / 1e6
        return cleaned == cleaned.rounded() ? String(Int64(cleaned)) : "\(cleaned)"
    }
}
