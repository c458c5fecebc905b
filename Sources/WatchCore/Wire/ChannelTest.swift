// What came of a test message: `POST /v1/channels/{name}/test`.

public struct ChannelTest: Hashable, Sendable, Codable {
    public var channel: String
    /// The receiver took it.
    public var sent: Bool
    /// A sentence; without secrets.
    public var text: String
    /// Seconds.
    public var took: Double

    public init(channel: String, sent: Bool, text: String, took: Double) {
        self.channel = channel
        self.sent = sent
        self.text = text
        self.took = took
    }
}

extension Message {
    /// Looks like a page of no weight, so that whoever gets it knows what to think of it.
    public static func test(of channel: String, by name: String, at now: WallTime) -> Message {
        Message(
            kind: .update, time: now, service: "watchd", severity: nil,
            title: "watchd: a test of channel \(printable(channel, limit: 60))",
            text: "\(name) wants to know whether messages arrive here. They do. Nothing is wrong, "
                + "and nobody needs to do anything.",
            dedupKey: "watchd/test/\(channel)")
    }
}
