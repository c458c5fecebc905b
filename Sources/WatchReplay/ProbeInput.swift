// One file of a probe's results, a record ahead of the merge.

import WatchCore

/// Confined to one thread.
final class ProbeInput {
    let service: String
    let probe: String
    /// Place on the command line, which decides between equal times.
    let order: Int
    private let reader: LineReader
    var tally = InputTally()
    /// The next record; nil: there is none.
    private(set) var head: ProbeRecord?
    /// Lines that are no records; each is named up to a bound.
    private(set) var mistakes: [InputProblem] = []
    let path: String

    /// So many mistakes are named.
    static let mistakesNamed = 5

    init(_ input: ReplayRequest.Input, order: Int) throws(InputProblem) {
        service = input.service
        probe = input.signal
        path = input.path == ByteSources.standardInput ? "standard input" : input.path
        self.order = order
        reader = LineReader(try ByteSources.open(input.path))
        advance()
    }

    var source: any ByteSource { reader.source }
    var problem: InputProblem? { reader.problem }

    /// Goes to the next record.
    func advance() {
        if let head {
            let latest = tally.last ?? head.time
            tally.first = tally.first.map { min($0, head.time) } ?? head.time
            if latest - head.time >= .seconds(1) { tally.outOfOrder += 1 }
            tally.last = max(latest, head.time)
        }
        while true {
            switch reader.next() {
            case .end:
                head = nil
                return
            case .tooLong:
                tally.lines += 1
                reject("is too long for a record")
            case .line(let line):
                // A blank line is a habit of editors, no mistake.
                if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
                tally.lines += 1
                do throws(ProbeRecord.Mistake) {
                    head = try ProbeRecord.parse(Array(line))
                    return
                } catch {
                    reject(error.text)
                }
            }
        }
    }

    private func reject(_ text: String) {
        tally.unparsed += 1
        guard mistakes.count < Self.mistakesNamed else { return }
        mistakes.append(InputProblem(path: path, line: reader.number, text: "the line \(text)"))
    }
}
