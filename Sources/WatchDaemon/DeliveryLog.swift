// What became of messages, for the log. A channel that fails for good must be heard of.

import Logging
import WatchActions
import WatchCore

struct DeliveryLog: Sendable {
    let logger: Logger

    func note(_ notice: DeliveryNotice) {
        let what = "'\(notice.title)' to \(notice.channel)"
        switch notice.outcome {
        case .sent: logger.info("sent \(what)")
        case .retry(let at, let error):
            logger.warning("not sent yet: \(what), again at \(at.text): \(error)")
        case .failed(let error): logger.error("given up: \(what): \(error)")
        case .dropped: logger.error("no room to hold \(what)")
        case .storeProblem(let why): logger.error("the outbox cannot be read: \(why)")
        }
    }
}
