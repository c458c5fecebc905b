// Why a command could not be done, with the exit status that scripts see.

import WatchReplay

struct Failure: Error, Sendable {
    var status: ExitStatus
    /// One sentence: cause and remedy, printable.
    var message: String
    /// The daemon's own answer, for `--json`.
    var reply: [UInt8]?

    init(_ status: ExitStatus, _ message: String, reply: [UInt8]? = nil) {
        self.status = status
        self.message = message
        self.reply = reply
    }
}

extension Failure {
    /// Of commands that read records: a wrong request is usage, an unreadable input is not known.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let problem as RequestProblem: self.init(.usage, safe(problem.text, limit: 1000))
        case let problem as InputProblem: self.init(.unknown, safe(problem.sentence, limit: 1000))
        default: self.init(.unknown, "\(error)")
        }
    }
}
