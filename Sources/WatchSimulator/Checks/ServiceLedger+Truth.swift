// What a condition comes to by the books: the letter of DESIGN, "Expressions" and "Enough data".

import WatchCore

extension ServiceLedger {
    /// How a condition is asked.
    struct Asking {
        var judgement: Judgement
        var isBreached: Bool
        /// Under an odd number of `not`s: what must be sure is the opposite.
        var isNegated: Bool
        var now: Instant
    }

    mutating func truth(_ rule: Rule, _ asking: Asking) -> Truth {
        switch rule {
        case .errorRate(let signal, let width, let percent):
            return share(signal, width, over: Double(percent) / 100, asking)
        case .burning(let signal, let width, let times):
            guard let slo = configuration.slo else { return .unknown }
            return share(signal, width, over: times * (1 - slo), asking)
        case .errors(let signal, let width, let count):
            let sums = sums(signal, .seconds(width), asking.judgement, asking.now)
            return sums.map { Truth($0.errors >= count) } ?? .unknown
        case .count(let signal, let width, let count):
            let sums = sums(signal, .seconds(width), asking.judgement, asking.now)
            return sums.map { Truth($0.count < count) } ?? .unknown
        case .slow, .unusual: return .unknown
        case .overrun(let operation, let times): return overrun(operation, times, asking)
        case .failing(let names, let percent):
            return failing(names, over: percent, asking.judgement, asking.now)
        case .both(let a, let b):
            let (a, b) = (truth(a, asking), truth(b, asking))
            if a == .false || b == .false { return .false }
            return a == .true && b == .true ? .true : .unknown
        case .either(let a, let b):
            let (a, b) = (truth(a, asking), truth(b, asking))
            if a == .true || b == .true { return .true }
            return a == .false && b == .false ? .false : .unknown
        case .not(let a):
            var asking = asking
            asking.isNegated.toggle()
            switch truth(a, asking) {
            case .true: return .false
            case .false: return .true
            case .unknown: return .unknown
            }
        }
    }

    // MARK: - All triggers

    /// Some trigger that speaks of a release's health is false, for all that is known, and none is
    /// breached.
    mutating func mayBeHealthy(_ breached: [String: Int64], _ now: Instant) -> Bool {
        if !breached.isEmpty {
            // Few, and a name is sooner compared than hashed.
            for name in breached.keys {
                if let place = place(ofTrigger: name), triggers[place].isGrave { return false }
            }
        }
        for place in triggers.indices where triggers[place].isOfHealth {
            guard let truth = truth(at: place, now: now), truth != .false else { return true }
            if truth == .true, triggers[place].sustained != nil { return true }
        }
        return false
    }

    /// Places of the triggers that are breached, and true or unknown.
    mutating func forEachNotFalse(
        _ breached: [String: Int64], _ now: Instant, _ body: (Int) -> Void
    ) {
        for name in breached.keys {
            guard let place = place(ofTrigger: name) else { continue }
            if let truth = truth(at: place, isBreached: true, now: now), truth != .false {
                body(place)
            }
        }
    }

    private mutating func share(
        _ signal: String, _ width: Int, over limit: Double, _ asking: Asking
    ) -> Truth {
        guard let sums = sums(signal, .seconds(width), asking.judgement, asking.now) else {
            return .unknown
        }
        let isProbe = place(ofProbe: signal) != nil
        let needed =
            isProbe
            ? asking.judgement.minSamplesOfProbe : asking.judgement.minSamplesOfStream
        guard sums.count >= Swift.max(1, needed) else { return .unknown }
        guard let level = asking.judgement.confidence else {
            return Truth(Double(sums.errors) / Double(sums.count) > limit)
        }
        let bounds = WilsonBounds(part: sums.errors, of: sums.count, level: level)
        return Truth((asking.isNegated ? bounds.upper : bounds.lower) > limit)
    }

    private mutating func overrun(_ name: String, _ times: Double, _ asking: Asking) -> Truth {
        guard let operation = operations[name] else {
            return asking.isBreached ? .false : .unknown
        }
        guard let operation, let estimate = operation.estimate else { return .unknown }
        return Truth((asking.now - operation.began.boot).seconds / estimate.seconds > times)
    }
}

/// The shares that are as far from what was seen as chance allows: the roots p of
/// (p̂ − p)² = z² p (1 − p) / n, which the score interval is defined by.
struct WilsonBounds {
    var lower: Double
    var upper: Double

    /// Tables of the normal distribution, one-sided. No dictionary: two threads that share one wait
    /// for one another.
    private static func quantile(_ level: Double) -> Double {
        switch level {
        case 0.9: 1.281_551_565_544_600_4
        case 0.95: 1.644_853_626_951_472_2
        case 0.99: 2.326_347_874_040_841
        default: 0
        }
    }

    init(part: Int, of whole: Int, level: Double) {
        let z = Self.quantile(level)
        let (n, p) = (Double(whole), Double(part) / Double(whole))
        let (a, b, c) = (1 + z * z / n, 2 * p + z * z / n, p * p)
        let root = Swift.max(0, b * b - 4 * a * c).squareRoot()
        lower = (b - root) / (2 * a)
        upper = (b + root) / (2 * a)
    }
}
