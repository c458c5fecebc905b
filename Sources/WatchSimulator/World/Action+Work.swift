// What a step of the simulator's is for stands in its name, whatever does it, so that checkers
// need nobody's word for it: `switch` changes the release, `make-switch` makes one of a new name,
// `check` and `gate` only look.

import WatchCore

extension Action {
    var work: String {
        switch self {
        case .unit(let name, _): name
        case .exec(let arguments, _): arguments.first?.source ?? ""
        case .http(let call): call.request.url.source
        case .sql(let query): query.text.source
        case .manual(let text): text.source
        case .wait: ""
        }
    }

    var isCheck: Bool { work.hasPrefix("check") }
    var isGate: Bool { work.hasPrefix("gate") }

    /// A request is sent by the daemon itself: what becomes of it when that dies nobody knows.
    var endsWithDaemon: Bool { if case .http = self { true } else { false } }

    /// How a failure of it looks.
    var failure: TaskResult {
        switch self {
        case .unit, .exec: TaskResult(ending: .exited(1))
        case .http, .sql, .wait, .manual: TaskResult(ending: .unexpected("not what was expected"))
        }
    }

    /// How it says no to a question that it understood.
    var denial: TaskResult {
        var result = failure
        if case .unexpected = result.ending { result.isNo = true }
        return result
    }

    /// Whether an answer is such a no: the simulator's own reading of it. Of a query an exit status
    /// is psql's, which could not ask.
    func isDenied(by result: TaskResult) -> Bool {
        switch (result.ending, self) {
        case (.exited(let status), .unit), (.exited(let status), .exec): status != 0
        case (.unexpected, .http), (.unexpected, .sql): result.isNo ?? false
        default: false
        }
    }

    /// Ways in which a question is not answered at all.
    func silence(_ random: inout Random) -> TaskResult {
        var choices: [TaskResult.Ending] = [
            .couldNotStart("no such program"), .timedOut, .unknown("lost"),
        ]
        switch self {
        case .unit, .exec: choices.append(.signalled(9))
        case .http: choices.append(.unexpected("status 500"))
        case .sql: choices += [.exited(2), .unexpected("two rows")]
        case .wait, .manual: break
        }
        return TaskResult(ending: random.pick(choices))
    }
}
