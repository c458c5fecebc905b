// What can be looked at.

import HTTPTypes
import Hummingbird
import WatchCore

extension Responder {
    func read(
        _ endpoint: Endpoint, _ request: Request, query: String
    ) async throws -> Response {
        switch endpoint {
        case .page:
            _ = try Query(query, allowed: [])
            return StatusPage.response(await backend.status())
        case .metrics:
            _ = try Query(query, allowed: [])
            return Answer.bytes(
                Array(Metrics.text(await backend.status()).utf8), type: Metrics.contentType)
        case .status:
            _ = try Query(query, allowed: [])
            return Answer.json(await backend.status())
        case .service(let name):
            _ = try Query(query, allowed: [])
            guard let service = await backend.service(name) else { return await noService(name) }
            return Answer.json(service)
        case .explain(let service, let trigger):
            _ = try Query(query, allowed: [])
            return await explain(service, trigger)
        case .quiet(let kind):
            _ = try Query(query, allowed: [])
            return Answer.json((await backend.status().quiet ?? []).filter { $0.kind == kind })
        case .releases:
            let service = try Query(query, allowed: ["service"]).text("service")
            let lists = await backend.releases(service: service)
            if let service, lists.isEmpty { return await noService(service) }
            return Answer.json(lists)
        case .doctor:
            _ = try Query(query, allowed: [])
            return Answer.json(await backend.doctor())
        case .incidents, .incident, .report, .deliveries, .events:
            return try await readStore(endpoint, request, query: query)
        case .act: return Answer.problem(.internalServerError, "internal", "not a question")
        }
    }

    private func readStore(
        _ endpoint: Endpoint, _ request: Request, query: String
    ) async throws -> Response {
        switch endpoint {
        case .incidents:
            let limit = try Query(query, allowed: ["limit"]).limit(default: 50, most: 1000)
            return Answer.json(try await backend.incidents(limit: limit))
        case .incident(let id):
            _ = try Query(query, allowed: [])
            guard let detail = try await backend.incident(id) else {
                return await noIncident(id)
            }
            return Answer.json(detail)
        case .report(let id): return try await report(id, query)
        case .deliveries:
            let limit = try Query(query, allowed: ["limit"]).limit(default: 100, most: 1000)
            return Answer.json(try await backend.deliveries(limit: limit))
        default:
            return try await events(request, query: query)
        }
    }

    private func report(_ id: String, _ query: String) async throws -> Response {
        let formats = ["md", "html", "json"]
        let format = try Query(query, allowed: ["format"]).text("format") ?? "md"
        guard formats.contains(format) else {
            throw RequestProblem.unknown(format, of: formats, what: "format")
        }
        guard let report = try await backend.report(id) else { return await noIncident(id) }
        switch format {
        case "json": return Answer.json(report)
        case "html":
            return Answer.bytes(Array(report.html.utf8), type: "text/html; charset=utf-8")
        default:
            return Answer.bytes(Array(report.markdown.utf8), type: "text/markdown; charset=utf-8")
        }
    }

    private func events(_ request: Request, query: String) async throws -> Response {
        let query = try Query(
            query, allowed: ["after", "limit", "incident", "service", "follow"])
        let follows = try query.flag("follow")
        let accepts = request.headers[.accept] ?? ""
        let filter = EventFeed.Filter(
            incident: query.text("incident"), service: query.text("service"))
        guard follows || accepts.contains("text/event-stream") else {
            let events = try await backend.events(
                after: try query.number("after"),
                limit: try query.limit(default: 100, most: 1000),
                incident: filter.incident, service: filter.service)
            // Of a service that was removed there may be some still.
            if events.isEmpty, let service = filter.service,
                await backend.service(service) == nil
            {
                return await noService(service)
            }
            return Answer.json(events)
        }
        // The browser's own header wins: it comes with a reconnection (HTML, §9.2.3).
        let resume = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
        let after = try resume.flatMap(Int64.init) ?? query.number("after")
        return feed.response(to: request, after: after, filter: filter)
    }

    private func explain(_ service: String, _ trigger: String) async -> Response {
        if let explanation = await backend.explain(service: service, trigger: trigger) {
            return Answer.json(explanation)
        }
        guard let status = await backend.service(service) else { return await noService(service) }
        return Answer.problem(
            .notFound, "not-found",
            "service \(printable(service)) has no trigger '\(printable(trigger))'; it has: "
                + names(status.triggers.map(\.name)))
    }

    func noService(_ name: String) async -> Response {
        let known = await backend.status().services.map(\.name)
        return Answer.problem(
            .notFound, "not-found",
            "there is no service '\(printable(name))'; there are: \(names(known))")
    }

    private func noIncident(_ id: String) async -> Response {
        let latest = (try? await backend.incidents(limit: 5)) ?? []
        return Answer.problem(
            .notFound, "not-found",
            "there is no incident '\(printable(id))'; the latest are: \(names(latest.map(\.id)))")
    }

    func names(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.prefix(20).joined(separator: ", ")
    }
}
