// What became of messages, for the log. A channel that fails for good must be heard of.

import Logging
import WatchActions
import WatchCore

struct DeliveryLog: Sendable {
    let logger: Logger

    func note(_ notice: DeliveryNotice) {
        let what = "'\(notice.title)' to \(notice.channel)"
        var logger = logger
        logger[metadataKey: "channel"] = "\(notice.channel)"
        logger[metadataKey: "incident"] = Self.incident(of: notice.id).map { "\($0)" }
        switch notice.outcome {
        case .sent: logger.info("sent \(what)")
        case .retry(let at, let error):
            logger.warning("not sent yet: \(what), again at \(at.text): \(error)")
        case .failed(let error): logger.error("given up: \(what): \(error)")
        case .dropped: logger.error("no room to hold \(what)")
        case .storeProblem(let why): logger.error("the outbox cannot be read: \(why)")
        }
    }

    /// Of `shop-17/3/ops-chat`; messages that belong to none begin with another word.
    static func incident(of id: String) -> Substring? {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let dash = parts[0].lastIndex(of: "-") else { return nil }
        let number = parts[0][parts[0].index(after: dash)...]
        return !number.isEmpty && number.allSatisfy(\.isNumber) ? parts[0] : nil
    }
}
