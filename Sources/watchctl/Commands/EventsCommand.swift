// The journal: what there is, and with `--follow` what comes.

import ArgumentParser
import Synchronization
import WatchCore
import WatchHTTP
import WatchSystem

struct EventsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "The journal of events.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Go on with events as they happen.") var follow = false
    @Option(help: "Only of this service.") var service: String?
    @Option(help: "Only of this incident.") var incident: String?
    @Option(help: "Only those after this position in the journal.") var after: Int64?
    @Option(help: "At most so many to begin with.") var limit = 50

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let path =
            apiPath("events")
            + queryString([
                ("after", after.map(String.init)), ("limit", "\(limit)"),
                ("incident", incident), ("service", service),
            ])
        let body = try await session.client.get(path)
        let events = try session.client.decode([EventRecord].self, body)
        if !session.json {
            session.output.lines(
                follow && events.isEmpty ? [] : EventRendering.lines(events, session.theme),
                session.theme)
        } else if follow {
            for event in events { try show(event, session) }
        } else {
            session.output.json(body)
        }
        guard follow else { return .fine }
        // With an empty journal from its beginning, so that nothing falls between the two answers;
        // with a filter from now on, rather than searching all of it.
        let start: Int64? = service == nil && incident == nil ? 0 : nil
        return try await follow(session, after: events.last?.id ?? after ?? start)
    }

    private func show(_ event: EventRecord, _ session: Session) throws(Failure) {
        if session.json {
            guard let body = try? WireJSON.encode(event) else { return }
            session.output.json(body)
        } else {
            session.output.lines([EventRendering.line(event)], session.theme)
        }
    }

    private func follow(_ session: Session, after: Int64?) async throws(Failure) -> ExitStatus {
        let path =
            apiPath("events")
            + queryString([
                ("follow", "1"), ("after", after.map(String.init)), ("incident", incident),
                ("service", service),
            ])
        let parser = Mutex(EventStreamParser())
        let (client, json) = (session.client, session.json)
        let answer = try await client.transport.stream(
            path, headers: [HTTPHeader("Accept", "text/event-stream")]
        ) { bytes in
            for item in parser.withLock({ $0.take(bytes) }) {
                switch item {
                case .data(let text):
                    if json {
                        session.output.json(Array(text.utf8))
                    } else if let event = try? client.decode(
                        EventRecord.self, Array(text.utf8))
                    {
                        session.output.lines([EventRendering.line(event)], session.theme)
                    }
                case .comment(let text):
                    if text.hasPrefix("gap") { session.output.problem("watchctl: \(safe(text))") }
                }
            }
            return true
        }
        _ = try client.check(answer)
        throw Failure(
            .unknown, "watchd ended the stream of events; it was stopped or restarted")
    }
}
