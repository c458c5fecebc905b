// Answers the socket: what runs now from the supervisor, what was from the store.

import WatchActions
import WatchControl
import WatchCore
import WatchStore
import WatchSystem

struct ControlPlane: ControlBackend {
    let supervisor: Supervisor
    let store: Store
    let broadcaster: EventBroadcaster
    let log: EventLog
    let reloader: Reloader
    let doctorOnCall: Doctor
    let outbox: Outbox
    /// In which state is kept.
    let directory: String

    /// Bodies and lines are with the incident they belong to, not in every poll.
    func status() async -> StatusReport {
        var report = await supervisor.status()
        for index in report.services.indices {
            report.services[index].incident = report.services[index].incident?.figures
        }
        return report
    }

    func service(_ name: String) async -> ServiceStatus? {
        await status().services.first { $0.name == name }
    }

    func incidents(limit: Int) async throws -> [IncidentRecord] {
        try await store.incidents(limit: limit).map(\.figures)
    }

    func incident(_ id: String) async throws -> IncidentDetail? {
        // The open one may be newer in memory than on disk.
        let open = await supervisor.openIncident(id)
        let stored = try await store.incident(id)
        guard let record = open ?? stored else { return nil }
        let timeline = try await store.events(limit: Self.timelineLimit, incident: id)
        var detail = IncidentDetail(
            incident: record, timeline: timeline,
            messages: try await store.deliveries(ofIncident: id), directory: directory)
        if open != nil { detail.advice = await supervisor.rollbackAdvice(id) }
        return detail
    }

    func report(_ id: String) async throws -> IncidentReport? {
        guard let detail = try await incident(id) else { return nil }
        return IncidentReport(
            detail, messages: detail.messages ?? [], at: SystemTime().now().wall)
    }

    func doctor() async -> DoctorReport {
        let report = await status()
        return await doctorOnCall.examine(
            supervisor.configuration, report.services, report.storage, report.storeProblem)
    }

    static let timelineLimit = 5000

    func events(
        after: Int64?, limit: Int, incident: String?, service: String?
    ) async throws -> [EventRecord] {
        guard let after else {
            return try await store.latestEvents(
                limit: limit, incident: incident, service: service)
        }
        return try await store.events(
            after: after, limit: limit, incident: incident, service: service)
    }

    func followEvents() -> AsyncStream<EventRecord> { broadcaster.follow() }

    func explain(service: String, trigger: String) async -> Explanation? {
        await supervisor.explain(service: service, trigger: trigger)
    }

    func releases(service: String?) async -> [ReleaseList] {
        await supervisor.releases(of: service)
    }

    func deliveries(limit: Int) async throws -> [Delivery] {
        try await store.deliveries(limit: limit)
    }

    func perform(_ command: Command, by peer: Peer) async -> CommandReply {
        if case .falseAlarm(let id, let comment) = command,
            await supervisor.openIncident(id) == nil,
            let record = try? await store.incident(id)
        {
            // Closed, so it is the store's.
            return await supervisor.markFalseAlarm(record, comment: comment, by: peer)
        }
        return await supervisor.perform(command, by: peer)
    }

    /// The message is not kept, and so waits for no store; that it was sent is on record.
    func testChannel(_ name: String, by peer: Peer) async -> ChannelTest? {
        let now = SystemTime().now().wall
        let message = Message.test(of: name, by: peer.name, at: now)
        let id = "test-\(now.nanoseconds)/\(name)"
        guard
            var test = await outbox.test(OutboxMessage(id: id, channel: name, message: message))
        else { return nil }
        let event = EventRecord(
            time: SystemTime().now().wall, kind: "channel.tested",
            text: "\(peer.onRecord) tested a channel: \(test.text)")
        log.note([event])
        do {
            broadcaster.send(try await store.apply(Transaction(events: [event])))
        } catch {
            test.text += " (but that is not recorded: \(error))"
        }
        return test
    }

    func channelNames() async -> [String] { await outbox.channelNames }

    func reload(by peer: Peer) async -> CommandReply { await reloader.reload(by: peer.name) }
}
