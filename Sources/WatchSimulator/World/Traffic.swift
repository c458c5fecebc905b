// Seconds of a log, ready-made: a sketch of latencies costs more to fill than all that the engine
// does with it, so a few are made once and handed out again. One set for each thread: of what two
// share they count the references, and wait for one another at every second of a log.

import WatchCore

public struct Traffic {
    private let fast: [LatencySketch]
    private let slow: [LatencySketch]
    static let most = 24
    let expressions = ExpressionCache()

    enum Latency { case fast, slow }

    public init() {
        func sketches(_ tail: Double) -> [LatencySketch] {
            (0...Self.most).map { count in
                var sketch = LatencySketch()
                for n in 0..<count {
                    sketch.record(seconds: n % 5 == 0 ? tail : 0.02 + Double(n) / 1000)
                }
                return sketch
            }
        }
        fast = sketches(0.04)
        slow = sketches(0.9)
    }

    /// - Parameter latency: how long they took; nil: the log does not say.
    func slice(second: Int64, count: Int, errors: Int, latency: Latency?) -> StreamBatch.Slice {
        let sketch =
            switch latency {
            case nil: LatencySketch()
            case .fast: fast[count]
            case .slow: slow[count]
            }
        return StreamBatch.Slice(second: second, count: count, errors: errors, latency: sketch)
    }
}

/// Conditions that were parsed before: worlds draw theirs from a few dozen. One for each thread.
final class ExpressionCache {
    private var known: [String: Expression] = [:]
    /// More are not kept.
    private static let limit = 1000

    func expression(_ source: String) -> Expression {
        if let expression = known[source] { return expression }
        do {
            let expression = try Expression(source)
            if known.count < Self.limit { known[source] = expression }
            return expression
        } catch {
            preconditionFailure("the simulator wrote '\(source)': \(error)")
        }
    }
}
