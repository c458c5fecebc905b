// A question about the damage, for people: how many sessions are open, how much is in the queue.
// It is asked when an incident opens and once more before a rollback's first step. What it says
// decides nothing.

public struct Assess: Hashable, Sendable, Codable {
    public var name: String
    public var action: Action
    /// It is given up after so long, and nothing waits longer for it.
    public var timeout: Duration

    /// Questions of one service: all are asked at once.
    public static let limit = 8
    public static let longest = Duration.seconds(30)

    public init(name: String, action: Action, timeout: Duration = .seconds(5)) {
        self.name = name
        self.action = action
        self.timeout = timeout
    }
}
