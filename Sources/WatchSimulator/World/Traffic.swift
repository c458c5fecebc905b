// Seconds of a log, ready-made: a sketch of latencies costs more to fill than all that the engine
// does with it, so a few are made once and handed out again. One set for each thread: of what two
// share they count the references, and wait for one another at every second of a log.

import WatchCore

public struct Traffic {
    private let fast: [LatencySketch]
    private let slow: [LatencySketch]
    static let most = 24

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

    func slice(second: Int64, count: Int, errors: Int, isSlow: Bool) -> StreamBatch.Slice {
        StreamBatch.Slice(
            second: second, count: count, errors: errors,
            latency: isSlow ? slow[count] : fast[count])
    }
}
