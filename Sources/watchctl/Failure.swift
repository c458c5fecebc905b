// Why a command could not be done, with the exit status that scripts see.

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
