// Conditions of triggers as the simulator knows them: it writes them as text for the engine, and
// judges them itself from its own books, so that neither can share the other's mistake.

indirect enum Rule {
    case errorRate(String, seconds: Int, over: Int)
    case errors(String, seconds: Int, atLeast: Int)
    case count(String, seconds: Int, below: Int)
    /// Over 95th percentile in milliseconds; the simulator has no opinion on it.
    case slow(String, seconds: Int, over: Int)
    case failing([String], over: Int)
    /// Times the share of errors that the objective allows.
    case burning(String, seconds: Int, over: Double)
    /// Times its estimate.
    case overrun(String, over: Double)
    /// Points over what is normal; the simulator has no opinion on it.
    case unusual(String, seconds: Int, points: Int)
    case both(Rule, Rule)
    case either(Rule, Rule)
    case not(Rule)

    var source: String {
        switch self {
        case .errorRate(let signal, let width, let percent):
            "error_rate(\(signal), \(width)s) > \(percent)%"
        case .errors(let signal, let width, let count): "errors(\(signal), \(width)s) >= \(count)"
        case .count(let signal, let width, let count): "count(\(signal), \(width)s) < \(count)"
        case .slow(let signal, let width, let milliseconds):
            "p95(\(signal), \(width)s) > \(milliseconds)ms"
        case .failing(let probes, let percent):
            "failing(\(probes.joined(separator: ", "))) > \(percent)%"
        case .burning(let signal, let width, let times):
            "burn_rate(\(signal), \(width)s) > \(times)"
        case .overrun(let operation, let times): "overrun(\(operation)) > \(times)"
        case .unusual(let signal, let width, let points):
            "error_rate(\(signal), \(width)s) > baseline(error_rate(\(signal), \(width)s)) + "
                + "\(points)%"
        case .both(let a, let b): "(\(a.source)) and (\(b.source))"
        case .either(let a, let b): "(\(a.source)) or (\(b.source))"
        case .not(let a): "not (\(a.source))"
        }
    }

    /// Signals it asks of, with repeats.
    var signals: [String] {
        switch self {
        case .errorRate(let signal, _, _), .errors(let signal, _, _), .count(let signal, _, _),
            .slow(let signal, _, _), .burning(let signal, _, _), .unusual(let signal, _, _):
            [signal]
        case .overrun: []
        case .failing(let probes, _): probes
        case .both(let a, let b), .either(let a, let b): a.signals + b.signals
        case .not(let a): a.signals
        }
    }

    var asksOfOperations: Bool {
        switch self {
        case .overrun: true
        case .errorRate, .errors, .count, .slow, .failing, .burning, .unusual: false
        case .both(let a, let b), .either(let a, let b): a.asksOfOperations || b.asksOfOperations
        case .not(let a): a.asksOfOperations
        }
    }

    /// What asks for no samples has an answer where there are none.
    var countsSilence: Bool {
        switch self {
        case .errors, .count: true
        case .errorRate, .slow, .failing, .burning, .overrun, .unusual: false
        case .both(let a, let b), .either(let a, let b): a.countsSilence || b.countsSilence
        case .not(let a): a.countsSilence
        }
    }

    /// Also of a baseline, which keeps them with the rest.
    var asksOfLatencies: Bool {
        switch self {
        case .slow, .unusual: true
        case .errorRate, .errors, .count, .failing, .burning, .overrun: false
        case .both(let a, let b), .either(let a, let b): a.asksOfLatencies || b.asksOfLatencies
        case .not(let a): a.asksOfLatencies
        }
    }

    /// Whether the simulator can judge it.
    var isJudged: Bool {
        switch self {
        case .slow, .unusual: false
        case .errorRate, .errors, .count, .failing, .burning, .overrun: true
        case .both(let a, let b), .either(let a, let b): a.isJudged && b.isJudged
        case .not(let a): a.isJudged
        }
    }
}
