// Whether a line is an error, worked out beforehand for each status and level there is.

import WatchCore

struct ErrorTable: Sendable {
    enum Answer: UInt8 {
        case no, error
        /// The line has none of the values that are asked for.
        case unknown
    }

    private static let statuses = 1001
    private static let levels = LogLevel.allCases.count + 1

    private let answers: [Answer]

    init(_ condition: LineCondition?) {
        guard let condition else {
            answers = Array(repeating: .no, count: Self.statuses * Self.levels)
            return
        }
        let subjects = condition.subjects
        var answers: [Answer] = []
        answers.reserveCapacity(Self.statuses * Self.levels)
        for level in LogLevel.allCases.map(Optional.some) + [nil] {
            for number in 0..<Self.statuses {
                let status = number == Self.statuses - 1 ? nil : number
                let hasAny =
                    (subjects.contains(.status) && status != nil)
                    || (subjects.contains(.level) && level != nil)
                let isError = condition.holds(status: status, level: level) == true
                answers.append(!hasAny ? .unknown : isError ? .error : .no)
            }
        }
        self.answers = answers
    }

    @inline(__always)
    func answer(status: Int?, level: LogLevel?) -> Answer {
        let row = level?.rawValue ?? (Self.levels - 1)
        let column = status.map { $0 < Self.statuses - 1 ? $0 : Self.statuses - 1 }
        return answers[row * Self.statuses + (column ?? Self.statuses - 1)]
    }
}
