// The journal as server-sent events (HTML standard, §9.2). A reader has a position in the journal
// and is woken by new events; one that is slow is not buffered for: what it missed meanwhile is
// read from the journal, page by page, as fast as it takes it.

import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization
import WatchCore
import WatchSystem

final class EventFeed: Sendable {
    struct Filter: Hashable, Sendable {
        var incident: String?
        var service: String?

        func matches(_ event: EventRecord) -> Bool {
            (incident == nil || event.incident == incident)
                && (service == nil || event.service == service)
        }
    }

    /// More would take the connections that people need to act.
    static let seats = 64
    private static let page = 200

    private let backend: any ControlBackend
    private let taken = Mutex(0)

    init(backend: any ControlBackend) { self.backend = backend }

    /// - Parameter after: resume behind this position; nil: only what happens from now on.
    func response(to request: Request, after: Int64?, filter: Filter) -> Response {
        guard let seat = Seat(self) else {
            return Answer.problem(
                .serviceUnavailable, "busy",
                "\(Self.seats) readers follow the events already; end one of them")
        }
        let body = ResponseBody { writer in
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                var reader = Reader(backend: self.backend, filter: filter, position: after)
                try await reader.run(&writer)
            }
            try await writer.finish(nil)
            withExtendedLifetime(seat) {}
        }
        return Response(
            status: .ok, headers: Answer.headers(type: "text/event-stream"), body: body)
    }

    /// One reader's place; given back when the response is gone, read to its end or not.
    private final class Seat: Sendable {
        private let feed: EventFeed

        init?(_ feed: EventFeed) {
            let free = feed.taken.withLock {
                guard $0 < EventFeed.seats else { return false }
                $0 += 1
                return true
            }
            guard free else { return nil }
            self.feed = feed
        }

        deinit { feed.taken.withLock { $0 -= 1 } }
    }

    private struct Reader {
        let backend: any ControlBackend
        let filter: Filter
        /// Of the last event that was sent or passed over; nil: none yet.
        var position: Int64?

        mutating func run(_ writer: inout any ResponseBodyWriter) async throws {
            // Subscribed before the journal is read, so that nothing falls between the two.
            let events = backend.followEvents()
            try await writer.write(ByteBuffer(string: "retry: 2000\n: the journal of watchd\n\n"))
            if position != nil { try await catchUp(&writer) }
            for await event in events.cancelOnGracefulShutdown() {
                try await take(event, &writer)
            }
        }

        private mutating func take(
            _ event: EventRecord, _ writer: inout any ResponseBodyWriter
        ) async throws {
            // 0: the store takes nothing, so it has no position.
            guard event.id != 0 else { return try await send(event, &writer) }
            if let position {
                guard event.id > position else { return }
                if event.id > position + 1 { try await catchUp(&writer) }
            }
            if let position {
                guard event.id > position else { return }
                if event.id > position + 1 {
                    try await gap(from: position + 1, to: event.id - 1, &writer)
                }
            }
            try await send(event, &writer)
            position = event.id
        }

        /// Reads the journal from the position to its present end.
        private mutating func catchUp(_ writer: inout any ResponseBodyWriter) async throws {
            while let from = position, !Task.isShuttingDownGracefully {
                let page: [EventRecord]
                do {
                    page = try await backend.events(
                        after: from, limit: EventFeed.page, incident: nil, service: nil)
                } catch {
                    try await comment("gap: the journal cannot be read now", &writer)
                    return
                }
                guard let first = page.first, let last = page.last, last.id > from else { return }
                if first.id > from + 1 { try await gap(from: from + 1, to: first.id - 1, &writer) }
                for event in page { try await send(event, &writer) }
                position = last.id
                if page.count < EventFeed.page { return }
            }
        }

        private func gap(
            from: Int64, to: Int64, _ writer: inout any ResponseBodyWriter
        ) async throws {
            try await comment("gap: \(from) to \(to) are not in the journal", &writer)
        }

        private func comment(
            _ text: String, _ writer: inout any ResponseBodyWriter
        ) async throws {
            try await writer.write(ByteBuffer(string: ": \(text)\n\n"))
        }

        private func send(
            _ event: EventRecord, _ writer: inout any ResponseBodyWriter
        ) async throws {
            guard filter.matches(event) else { return }
            var buffer = ByteBuffer()
            if event.id != 0 { buffer.writeString("id: \(event.id)\n") }
            // JSON has no line breaks outside strings, and none inside unescaped.
            buffer.writeString("event: \(printable(event.kind))\ndata: ")
            buffer.writeBytes(try WireJSON.encode(event))
            buffer.writeString("\n\n")
            try await writer.write(buffer)
        }
    }
}
