// Which windows of which signal some expression asks for: what nobody asks for is not kept.

struct AskedOfSignals: Hashable {
    /// Windows of counts and latency, by signal.
    private(set) var widths: [String: Set<Duration>] = [:]
    /// Those of latencies, by signal.
    private(set) var latencies: [String: Set<Duration>] = [:]
    /// What else, by signal.
    private(set) var needs: [String: SignalNeeds] = [:]
    /// Signals of which the last known good release's figures are asked for.
    private(set) var baselines: Set<String> = []

    init(_ expressions: [Expression]) {
        for operand in expressions.flatMap(\.operands) { add(operand) }
    }

    private mutating func add(_ operand: Operand) {
        switch operand {
        case .signal(let function, let signal, let width):
            widths[signal, default: []].insert(width)
            if function.isOfLatency { latencies[signal, default: []].insert(width) }
        case .burnRate(let signal, let width): widths[signal, default: []].insert(width)
        case .matches(let stream, let pattern, let width):
            needs[stream, default: SignalNeeds()].patterns[pattern, default: []].insert(width)
        case .restarts(let unit, let width):
            needs[unit, default: SignalNeeds()].restarts.insert(width)
        case .parseFailures(let stream, let width):
            needs[stream, default: SignalNeeds()].unparsed.insert(width)
        case .failingRoutes(let stream, let width):
            needs[stream, default: SignalNeeds()].routes.insert(width)
        case .affected(let stream, let field, let width):
            needs[stream, default: SignalNeeds()].audiences[field, default: []].insert(width)
        case .baseline(let operand): if let signal = operand.signal { baselines.insert(signal) }
        case .failing, .up, .overrun, .releaseAge: break
        }
    }
}
