// What the engine is told of tries to send: as they are made, and out of the outbox after a
// restart.

import WatchActions
import WatchCore

extension DeliveryNotice {
    /// nil: nothing that decides anything.
    func news(at now: WallTime) -> DeliveryNews? {
        let outcome: DeliveryOutcome
        switch self.outcome {
        case .sent: outcome = .sent
        case .retry(let at, let error): outcome = .retry(at: at, error: error)
        case .failed(let error): outcome = .failed(error: error)
        case .dropped: outcome = .failed(error: "there was no more room to keep it in memory")
        case .storeProblem: return nil
        }
        return DeliveryNews(id: id, channel: channel, outcome, attempts: attempts, now: now)
    }
}

extension Delivery {
    /// - Parameter open: incidents; of others only what still waits is news.
    func news(at now: WallTime, open: Set<String>) -> DeliveryNews? {
        let outcome: DeliveryOutcome
        let problem = lastError ?? "it failed"
        switch state {
        case .sent: outcome = .sent
        case .failed: outcome = .failed(error: problem)
        case .waiting:
            guard attempts > 0 else { return nil }
            outcome = .retry(at: nextAttempt ?? now, error: problem)
        }
        guard state == .waiting || open.contains(String(id.prefix { $0 != "/" })) else {
            return nil
        }
        return DeliveryNews(id: id, channel: channel, outcome, attempts: attempts, now: now)
    }
}
