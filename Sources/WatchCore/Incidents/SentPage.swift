// Which channels took the last page of an incident. A page that none takes reaches nobody, and to
// wait for an answer to it would be to wait for nothing.

/// What became of a try to send a message, as far as the engine must know.
public struct DeliveryNews: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        case taken
        /// The channel takes nothing at the moment, and is tried again; why.
        case failing(String)
        /// This message was given up for good; why.
        case refused(String)
    }

    /// So many tries may fail before the channel is said to: one or two are accidents.
    public static let tries = 3
    /// A channel that wants to be asked so much later takes nothing now.
    public static let longWait = Duration.minutes(1)

    /// Of the message.
    public var id: String
    public var channel: String
    public var outcome: Outcome

    public init(id: String, channel: String, outcome: Outcome) {
        self.id = id
        self.channel = channel
        self.outcome = outcome
    }

    /// nil: it is too early to say anything.
    public init?(
        id: String, channel: String, _ outcome: DeliveryOutcome, attempts: Int, now: WallTime
    ) {
        switch outcome {
        case .sent: self.init(id: id, channel: channel, outcome: .taken)
        case .failed(let error): self.init(id: id, channel: channel, outcome: .refused(error))
        case .retry(let at, let error):
            guard attempts >= Self.tries || at - now >= Self.longWait else { return nil }
            self.init(id: id, channel: channel, outcome: .failing(error))
        }
    }
}

struct SentPage: Hashable, Sendable, Codable {
    /// Number of the message within its incident.
    var number: Int
    var title: String
    var channels: [String]
    /// Why they do not take it, by channel.
    var problems: [String: String]
    var isTaken = false
    /// The route went on because nobody took it, or nothing was left of it.
    var isPassedOn = false

    /// No channel took it, and none is expected to.
    var isUndelivered: Bool {
        !isTaken && !channels.isEmpty && channels.allSatisfy { problems[$0] != nil }
    }
}

/// A page that no channel took, as people see it.
public struct UndeliveredPage: Hashable, Sendable, Codable {
    public struct Channel: Hashable, Sendable, Codable {
        public var channel: String
        public var problem: String

        public init(channel: String, problem: String) {
            self.channel = channel
            self.problem = problem
        }
    }

    public var since: WallTime
    public var title: String
    public var channels: [Channel]

    public init(since: WallTime, title: String, channels: [Channel]) {
        self.since = since
        self.title = title
        self.channels = channels
    }

    /// `chat: HTTP 503; mail: connection refused`
    public var problems: String {
        channels.map { "\($0.channel): \($0.problem)" }.joined(separator: "; ")
    }
}
