// What the socket needs from the daemon behind it. The daemon implements it over its supervisor
// and store; tests implement it over plain values.

public import WatchCore

public protocol ControlBackend: Sendable {
    func status() async -> StatusReport
    /// Nil: no such service.
    func service(_ name: String) async -> ServiceStatus?
    /// The latest first. Throws when the store cannot be read, as the two below.
    func incidents(limit: Int) async throws -> [IncidentRecord]
    func incident(_ id: String) async throws -> IncidentDetail?
    /// Nil: no such incident. Throws when the store cannot be read.
    func report(_ id: String) async throws -> IncidentReport?
    /// Looks whether what rollbacks and pages need can be had.
    func doctor() async -> DoctorReport
    /// Events of the journal in their order: those after position `after`, or with nil the last
    /// ones; at most `limit`, of that incident or service only when one is given.
    func events(
        after: Int64?, limit: Int, incident: String?, service: String?
    ) async throws -> [EventRecord]
    /// Events as they happen. The buffer behind it must be bounded and keep the newest: what a
    /// slow reader misses is looked up in the journal by its position.
    func followEvents() -> AsyncStream<EventRecord>
    /// Nil: no such service or trigger.
    func explain(service: String, trigger: String) async -> Explanation?
    /// Of all services, or of one; empty when it is unknown.
    func releases(service: String?) async -> [ReleaseList]
    /// Those that wait first, then the latest.
    func deliveries(limit: Int) async throws -> [Delivery]
    func perform(_ command: Command, by peer: Peer) async -> CommandReply
    func reload(by peer: Peer) async -> CommandReply
    /// Sends a test message and says what came of it; nil: there is no such channel.
    func testChannel(_ name: String, by peer: Peer) async -> ChannelTest?
    func channelNames() async -> [String]
}
