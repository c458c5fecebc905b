// A daemon without an engine: it answers from values and notes what it was told to do.

import Synchronization
import WatchControl
import WatchCore

final class FakeBackend: ControlBackend {
    struct Failure: Error {}

    private struct State {
        var report = Fixtures.report
        var journal: [EventRecord] = []
        var followers: [AsyncStream<EventRecord>.Continuation] = []
        var commands: [(Command, Peer)] = []
        var reply = CommandReply(status: .done, message: "done")
        var storeFails = false
        var incident = Fixtures.incident
        var releases = Fixtures.releases
        var test: ChannelTest?
        var reloadWarning: String?
        var doctor = DoctorReport(time: Fixtures.report.time, user: "watchd", checks: [])
    }

    private let state = Mutex(State())
    /// An element each time somebody begins to follow.
    let followed: AsyncStream<Void>
    private let someoneFollows: AsyncStream<Void>.Continuation

    /// An element each time somebody asks for the releases.
    let releasesAsked: AsyncStream<Void>
    private let someoneAsks: AsyncStream<Void>.Continuation

    init() {
        (followed, someoneFollows) = AsyncStream<Void>.makeStream()
        (releasesAsked, someoneAsks) = AsyncStream<Void>.makeStream()
    }

    func set(report: StatusReport) { state.withLock { $0.report = report } }
    func set(doctor: DoctorReport) { state.withLock { $0.doctor = doctor } }
    func set(releases: ReleaseList) { state.withLock { $0.releases = releases } }
    func set(reply: CommandReply) { state.withLock { $0.reply = reply } }
    func set(incident: IncidentRecord) { state.withLock { $0.incident = incident } }
    func set(test: ChannelTest) { state.withLock { $0.test = test } }
    func set(reloadWarning: String) { state.withLock { $0.reloadWarning = reloadWarning } }
    func failStore() { state.withLock { $0.storeFails = true } }
    var commands: [(Command, Peer)] { state.withLock { $0.commands } }

    /// Into the journal, and to those who follow, unless they are to miss it.
    func append(_ event: EventRecord, announced: Bool = true) {
        state.withLock {
            $0.journal.append(event)
            if announced { for follower in $0.followers { follower.yield(event) } }
        }
    }

    /// Retention took these.
    func forget(upTo id: Int64) { state.withLock { $0.journal.removeAll { $0.id <= id } } }

    // MARK: - ControlBackend

    func status() async -> StatusReport { state.withLock { $0.report } }

    func service(_ name: String) async -> ServiceStatus? {
        state.withLock { $0.report.services.first { $0.name == name } }
    }

    func incidents(limit: Int) async throws -> [IncidentRecord] {
        try state.withLock {
            if $0.storeFails { throw Failure() }
            return [$0.incident]
        }
    }

    func incident(_ id: String) async throws -> IncidentDetail? {
        state.withLock { state in
            guard id == state.incident.id else { return nil }
            return IncidentDetail(
                incident: state.incident, timeline: state.journal.filter { $0.incident == id })
        }
    }

    func report(_ id: String) async throws -> IncidentReport? {
        guard let detail = try await incident(id) else { return nil }
        return IncidentReport(detail, messages: [Fixtures.delivery], at: Fixtures.report.time)
    }

    func doctor() async -> DoctorReport { state.withLock { $0.doctor } }

    func explain(service: String, trigger: String) async -> Explanation? {
        service == "shop" && trigger == "5xx storm" ? Fixtures.explanation : nil
    }

    func releases(service: String?) async -> [ReleaseList] {
        let list = state.withLock { $0.releases }
        someoneAsks.yield()
        return service == nil || service == "shop" ? [list] : []
    }

    func events(
        after: Int64?, limit: Int, incident: String?, service: String?
    ) async throws -> [EventRecord] {
        state.withLock {
            let found = $0.journal.filter {
                $0.id > after ?? 0 && (incident == nil || $0.incident == incident)
                    && (service == nil || $0.service == service)
            }
            return Array(after == nil ? found.suffix(limit) : found.prefix(limit))
        }
    }

    func followEvents() -> AsyncStream<EventRecord> {
        let (stream, continuation) = AsyncStream<EventRecord>.makeStream(
            bufferingPolicy: .bufferingNewest(16))
        state.withLock { $0.followers.append(continuation) }
        someoneFollows.yield()
        return stream
    }

    func deliveries(limit: Int) async throws -> [Delivery] { [Fixtures.delivery] }

    func perform(_ command: Command, by peer: Peer) async -> CommandReply {
        state.withLock {
            $0.commands.append((command, peer))
            return $0.reply
        }
    }

    func reload(by peer: Peer) async -> CommandReply {
        let warning = state.withLock { $0.reloadWarning }.map { "\n\($0)" } ?? ""
        return CommandReply(status: .done, message: "reloaded by \(peer.name)\(warning)")
    }

    func testChannel(_ name: String, by peer: Peer) async -> ChannelTest? {
        state.withLock { $0.test }.flatMap { $0.channel == name ? $0 : nil }
    }

    func channelNames() async -> [String] { ["mail", "ops-chat"] }
}
