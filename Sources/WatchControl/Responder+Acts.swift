// What can be done: a body becomes a `Command`, the engine's reply an answer.

import Hummingbird
import NIOCore
import WatchCore

extension Responder {
    func perform(
        _ act: Endpoint.Act, _ request: Request, by peer: Peer
    ) async throws -> Response {
        guard let bytes = await body(of: request) else {
            return Answer.problem(
                .contentTooLarge, "too-large",
                "the body is larger than \(CommandBody.limit / 1024) KB")
        }
        if !bytes.isEmpty, let type = request.headers[.contentType],
            type.split(separator: ";").first?.lowercased() != "application/json"
        {
            return Answer.problem(
                .unsupportedMediaType, "invalid", "the body must be of type application/json")
        }
        if act == .reload {
            _ = try CommandBody(bytes, allowed: [])
            return Answer.reply(await backend.reload(by: peer))
        }
        if case .testChannel(let name) = act {
            _ = try CommandBody(bytes, allowed: [])
            if let test = await backend.testChannel(name, by: peer) { return Answer.json(test) }
            return Answer.problem(
                .notFound, "not-found",
                "there is no channel '\(printable(name, limit: 60))'; there are: "
                    + names(await backend.channelNames()))
        }
        if case .mark(service: nil, let version, let standing) = act {
            let body = try CommandBody(bytes, allowed: ["service", "reason"])
            guard let service = try await serviceThatRan(version, named: body.text("service"))
            else {
                return Answer.problem(
                    .notFound, "not-found",
                    "no service ever ran \(printable(version, limit: 60))")
            }
            let reason = try body.text("reason") ?? ""
            return Answer.reply(
                await backend.perform(
                    .mark(service: service, version: version, standing, reason: reason), by: peer))
        }
        return Answer.reply(await backend.perform(try command(act, bytes), by: peer))
    }

    private func command(
        _ act: Endpoint.Act, _ bytes: [UInt8]
    ) throws(RequestProblem) -> Command {
        func body(_ allowed: Set<String>) throws(RequestProblem) -> CommandBody {
            try CommandBody(bytes, allowed: allowed)
        }
        switch act {
        case .acknowledge(let id):
            return .acknowledge(incident: id, comment: try body(["comment"]).text("comment") ?? "")
        case .resolve(let id):
            return .resolve(incident: id, comment: try body(["comment"]).text("comment") ?? "")
        case .falseAlarm(let id):
            return .falseAlarm(incident: id, comment: try body(["comment"]).text("comment") ?? "")
        case .approve(let id): return try approval(id, try body(["method", "comment"]))
        case .deny(let id):
            return .deny(incident: id, comment: try body(["comment"]).text("comment") ?? "")
        case .hold(let id): return try hold(id, try body(["for", "comment"]))
        case .announce(let service):
            return try announcement(service, try body(["version", "commit", "fields"]))
        case .declare(let service):
            let body = try body(["severity", "reason"])
            return .declare(
                service: service, severity: try body.severity("severity"),
                reason: try body.required("reason", example: "checkout fails for customers"))
        case .rollback(let service):
            return try rollback(service, try body(["to", "reason", "dry_run", "force", "at"]))
        case .drill(let plan): return try drill(plan, bytes)
        case .beginOperation(let service):
            return try operation(
                service, try body(["operation", "estimate", "lease", "version", "commit"]))
        case .onOperation(let service, let operation, let verb):
            return try self.operation(service, operation, verb, bytes)
        case .abort(let id):
            return .abort(rollback: id, reason: try body(["reason"]).text("reason") ?? "")
        case .stepDone(let id):
            let body = try body(["failed", "comment", "step"])
            return .stepDone(
                rollback: id, succeeded: !(try body.flag("failed")),
                comment: try body.text("comment") ?? "", step: try body.text("step"))
        case .arm:
            let body = try body(["service", "reason"])
            return .arm(
                service: try body.text("service"),
                reason: try body.required("reason", example: "release week is over"))
        case .disarm:
            let body = try body(["service", "for", "reason"])
            return .disarm(
                service: try body.text("service"), for: try body.duration("for"),
                reason: try body.required("reason", example: "database migration"))
        case .silence:
            let body = try body(["service", "trigger", "for", "reason"])
            return .silence(
                try quiet(try body.required("service", example: "shop"), body))
        case .maintain:
            let body = try body(["service", "for", "reason"])
            return .maintain(try quiet(try body.text("service"), body))
        case .endSilence(let id):
            _ = try body([])
            return .endSilence(id: id)
        case .endMaintenance(let service):
            _ = try body([])
            return .endMaintenance(service: service)
        case .mark(let service, let version, let standing):
            return .mark(
                service: service ?? "", version: version, standing,
                reason: try body(["reason"]).text("reason") ?? "")
        case .reload, .testChannel:
            throw RequestProblem("that takes no body")
        }
    }

    private func quiet(
        _ service: String?, _ body: CommandBody
    ) throws(RequestProblem) -> QuietRequest {
        guard let lasts = try body.duration("for") else {
            throw RequestProblem("for is missing, for instance \"for\": \"1h\"")
        }
        return QuietRequest(
            service: service, trigger: try body.text("trigger"), lasts: lasts,
            reason: try body.required("reason", example: "load test"))
    }

    private func approval(
        _ id: String, _ body: CommandBody
    ) throws(RequestProblem) -> Command {
        .approve(
            incident: id, method: try body.text("method"),
            comment: try body.text("comment") ?? "")
    }

    private func hold(_ id: String, _ body: CommandBody) throws(RequestProblem) -> Command {
        guard let duration = try body.duration("for") else {
            throw RequestProblem("for is missing, for instance \"for\": \"5m\"")
        }
        return .hold(incident: id, for: duration, comment: try body.text("comment") ?? "")
    }

    private func announcement(
        _ service: String, _ body: CommandBody
    ) throws(RequestProblem) -> Command {
        let version = try CommandBody.checked(
            try body.required("version", example: "2.0.0"), "version")
        return .announce(
            service: service,
            release: ReleaseIdentity(version: version, commit: try body.identifier("commit")),
            fields: try body.fields("fields"))
    }

    private func drill(_ plan: String, _ bytes: [UInt8]) throws(RequestProblem) -> Command {
        let body = try CommandBody(bytes, allowed: ["to", "method", "reason", "dry_run"])
        return .drill(
            DrillRequest(
                plan: plan, to: try body.identifier("to"), method: try body.text("method"),
                reason: try body.text("reason") ?? "", isDryRun: try body.flag("dry_run")))
    }

    private func operation(
        _ service: String, _ operation: String, _ verb: Endpoint.OperationVerb, _ bytes: [UInt8]
    ) throws(RequestProblem) -> Command {
        switch verb {
        case .end:
            return .endOperation(
                service: service, operation: operation,
                status: try CommandBody(bytes, allowed: ["status"])
                    .integer("status", in: 0...255))
        case .beat:
            _ = try CommandBody(bytes, allowed: [])
            return .beatOperation(service: service, operation: operation)
        case .phases:
            return .reachPhase(
                service: service, operation: operation,
                phase: try CommandBody(bytes, allowed: ["phase"])
                    .required("phase", example: "schema"))
        }
    }

    private func rollback(
        _ service: String, _ body: CommandBody
    ) throws(RequestProblem) -> Command {
        let (to, reason) = (try body.identifier("to"), try body.text("reason") ?? "")
        let (dryRun, force) = (try body.flag("dry_run"), try body.flag("force"))
        guard let at = try body.text("at") else {
            return .rollback(
                service: service, to: to, reason: reason, dryRun: dryRun, force: force)
        }
        guard let time = WallTime(text: at) else {
            throw RequestProblem(
                "at '\(printable(at, limit: 40))' is no moment; write it as in "
                    + "2026-12-01T02:00:00Z")
        }
        return .schedule(
            ScheduleRequest(
                service: service, at: time, to: to, reason: reason, isDryRun: dryRun,
                isForced: force))
    }

    private func operation(
        _ service: String, _ body: CommandBody
    ) throws(RequestProblem) -> Command {
        let version = try body.identifier("version")
        let commit = try body.identifier("commit")
        if version == nil, commit != nil {
            throw RequestProblem("a commit alone names no release; add \"version\": \"2.0.0\"")
        }
        return .beginOperation(
            OperationRequest(
                service: service, operation: try body.required("operation", example: "deploy"),
                estimate: try body.duration("estimate"), lease: try body.duration("lease"),
                release: version.map { ReleaseIdentity(version: $0, commit: commit) }))
    }

    /// Nil: larger than the limit.
    private func body(of request: Request) async -> [UInt8]? {
        if let length = request.headers[.contentLength].flatMap(Int.init),
            length > CommandBody.limit
        {
            return nil
        }
        guard let buffer = try? await request.body.collect(upTo: CommandBody.limit) else {
            return nil
        }
        return Array(buffer.readableBytesView)
    }

    /// The service whose release is meant when the address names only the version.
    private func serviceThatRan(
        _ version: String, named service: String?
    ) async throws(RequestProblem) -> String? {
        if let service { return service }
        let ran = await backend.releases(service: nil).filter { list in
            list.releases.contains { $0.identity.version == version }
        }.map(\.service)
        guard ran.count <= 1 else {
            throw RequestProblem(
                "several services ran \(printable(version, limit: 60)) (\(names(ran))); say which: "
                    + "\"service\": \"\(ran[0])\"")
        }
        return ran.first
    }
}
