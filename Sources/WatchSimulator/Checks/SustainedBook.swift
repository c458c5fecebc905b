// In which of the last seconds a condition was true: the list that `for` is judged by.

import WatchCore

struct SustainedBook {
    private let length: Int64
    private var trueSeconds: [Int64] = []
    private var last: Int64?

    init(span: Duration) {
        length = Swift.max(1, (span.nanoseconds + 999_999_999) / 1_000_000_000)
    }

    /// The first word on a second counts.
    func wants(second: Int64) -> Bool { last.map { $0 < second } ?? true }

    mutating func note(_ isTrue: Bool, second: Int64) {
        guard wants(second: second) else { return }
        last = second
        trueSeconds.removeAll { $0 <= second - length }
        if isTrue { trueSeconds.append(second) }
    }

    mutating func forget() {
        trueSeconds = []
        last = nil
    }

    /// True in 90 % of its seconds.
    var holds: Bool { Int64(trueSeconds.count) * 10 >= length * 9 }
}
