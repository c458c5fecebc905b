// What became of a try to send a message, for the log and for whoever picks another channel.

public import WatchCore

public struct DeliveryNotice: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        case sent
        case retry(at: WallTime, error: String)
        /// Given up for good: use another channel.
        case failed(error: String)
        /// It was held in memory only, and there was no more room.
        case dropped
        /// The store could not be asked or told; the message itself is not lost.
        case storeProblem(String)
    }

    /// Empty for a problem of the store that concerns no single message.
    public var id: String
    public var channel: String
    public var title: String
    public var attempts: Int
    public var outcome: Outcome

    public init(id: String, channel: String, title: String, attempts: Int, outcome: Outcome) {
        self.id = id
        self.channel = channel
        self.title = title
        self.attempts = attempts
        self.outcome = outcome
    }
}
