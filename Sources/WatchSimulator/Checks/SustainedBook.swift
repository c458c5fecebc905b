// In which of the last seconds a condition was true: the list that `for` is judged by.

import WatchCore

struct SustainedBook {
    private let length: Int64
    private var trueSeconds: [Int64] = []
    /// Windows began anew, or a settling ended, in the event of the engine's first judgement:
    /// nobody outside knows which of the two came first.
    private var unsureSeconds: [Int64] = []
    private var last: Int64?

    init(span: Duration) {
        length = Swift.max(1, (span.nanoseconds + 999_999_999) / 1_000_000_000)
    }

    /// The first word on a second counts.
    func wants(second: Int64) -> Bool { last.map { $0 < second } ?? true }

    /// - Parameter isTrue: nil: that is not sure.
    mutating func note(_ isTrue: Bool?, second: Int64) {
        guard wants(second: second) else { return }
        last = second
        trueSeconds.removeAll { $0 <= second - length }
        unsureSeconds.removeAll { $0 <= second - length }
        switch isTrue {
        case true?: trueSeconds.append(second)
        case false?: break
        case nil: unsureSeconds.append(second)
        }
    }

    mutating func forget() {
        trueSeconds = []
        unsureSeconds = []
        last = nil
    }

    /// True in 90 % of its seconds.
    var holds: Bool { holds(trueSeconds.count) }

    /// The same, whatever is not sure.
    var mayHold: Bool { holds(trueSeconds.count + unsureSeconds.count) }

    private func holds(_ seconds: Int) -> Bool { Int64(seconds) * 10 >= length * 9 }
}
