// What an `http` step leaves on disk: whether its request is out, and what was answered. Written
// before the request goes and when the answer is there, so that no crash sends it twice.

import WatchCore

struct RequestRecord: Codable, Sendable {
    static let fileName = "http.json"

    var format = 1
    var bootID: String
    /// When the step began, on both clocks: a reboot does not give it its time anew.
    var began: Moment
    /// Sent, or about to be, and nothing has come back.
    var isOut = false
    /// How often it was sent.
    var tries = 0
    var answer: Answer?
    /// How the whole step ended.
    var result: TaskResult?

    struct Answer: Codable, Sendable, Equatable {
        /// Why it is not the good one; nil: it is.
        var complaint: String?
        var saved: [String: String] = [:]
        /// It is no good one, and surely says so of what was asked, not of the asking.
        var isNo: Bool?
        /// For people.
        var line: String
    }

    init(bootID: String, began: Moment) {
        self.bootID = bootID
        self.began = began
    }

    /// Without what may not be kept; what was judged stays judged.
    func cleaned(by clean: (String) -> String) -> RequestRecord {
        var other = self
        other.answer?.complaint = answer?.complaint.map(clean)
        if let answer { other.answer?.line = clean(answer.line) }
        if let result { other.result?.output = clean(result.output) }
        if case .unexpected(let why) = result?.ending {
            other.result?.ending = .unexpected(clean(why))
        }
        return other
    }

    /// Until when it may take `timeout`, as an instant of this boot. After another boot only the
    /// wall clock knows; if that went backwards the time is up.
    func deadline(_ timeout: Duration, bootID: String, now: Moment) -> Instant {
        if bootID == self.bootID { return began.boot + timeout }
        let passed = now.wall - began.wall
        return passed < .zero ? now.boot : now.boot + (timeout - passed)
    }
}

extension TaskDirectory {
    func request() throws(RecordError) -> RequestRecord? {
        try read(RequestRecord.self, RequestRecord.fileName)
    }
}
