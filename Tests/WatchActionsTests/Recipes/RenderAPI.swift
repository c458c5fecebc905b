// Render as https://api-docs.render.com tells of it: services with their maintenance mode,
// variables, deploys of a commit or of the last build.

import TestServers
import Testing
import WatchCore

final class RenderAPI: Sendable {
    struct World: Sendable {
        var commit = "b90de38"
        var variables = ["USE_NEW_SCHEMA": "true", "DATABASE_URL": "postgresql://old"]
        var isInMaintenance = false
        /// Each change of it.
        var maintenance: [Bool] = []
        /// What a new deploy goes through, one for each question.
        var course = ["created", "build_in_progress", "update_in_progress", "live"]
        var deploys: [String: [String]] = [:]
        /// In place of the answer to the next deploys.
        var refusals: [APIReply] = []
        var suspended = "not_suspended"
    }

    let world: VendorState<World>
    let server: FakeAPI

    init(_ world: World = World()) throws {
        let world = VendorState(world)
        self.world = world
        server = try #require(FakeAPI { request in world { Self.answer(request, &$0) } })
    }

    private static func answer(_ request: APIRequest, _ world: inout World) -> APIReply {
        guard request.headers["authorization"] == "Bearer render-secret" else {
            return .wrong(401, "Unauthorized")
        }
        let parts = request.place.split(separator: "/").map(String.init)
        guard parts.count >= 3, parts[0] == "v1", parts[1] == "services" else {
            return .wrong(404, "there is no \(request.line)")
        }
        guard parts[2] == "srv-CHANGE_ME" else { return .wrong(404, "service not found") }
        switch (request.method, parts.dropFirst(3).first ?? "", parts.count) {
        case ("GET", "", 3):
            return .json(200, #"{"id":"srv-CHANGE_ME","suspended":"\#(world.suspended)"}"#)
        case ("PATCH", "", 3): return update(request, &world)
        case ("GET", "env-vars", 5):
            guard let value = world.variables[parts[4]] else { return .wrong(404, "not found") }
            return .json(200, #"{"key":"\#(parts[4])","value":"\#(value)"}"#)
        case ("PUT", "env-vars", 5):
            guard let json = request.json, json.count == 1, case .string(let value)? = json["value"]
            else { return .wrong(400, "a value is a string") }
            world.variables[parts[4]] = value
            return .json(200, #"{"key":"\#(parts[4])","value":"\#(value)"}"#)
        case ("POST", "deploys", 4): return deploy(request, &world)
        case ("GET", "deploys", 4): return list(request)
        case ("GET", "deploys", 5):
            guard var states = world.deploys[parts[4]] else { return .wrong(404, "not found") }
            let state = states.count > 1 ? states.removeFirst() : states[0]
            world.deploys[parts[4]] = states
            return .json(200, #"{"id":"\#(parts[4])","status":"\#(state)"}"#)
        default: return .wrong(404, "there is no \(request.line)")
        }
    }

    private static func update(_ request: APIRequest, _ world: inout World) -> APIReply {
        guard let json = request.json, case .object(let details)? = json["serviceDetails"],
            case .object(let mode)? = details["maintenanceMode"], mode.count == 2,
            case .bool(let isOn)? = mode["enabled"], case .string? = mode["uri"]
        else { return .wrong(400, "maintenanceMode has enabled and uri") }
        world.isInMaintenance = isOn
        world.maintenance.append(isOn)
        return .json(200, #"{"id":"srv-CHANGE_ME"}"#)
    }

    private static func deploy(_ request: APIRequest, _ world: inout World) -> APIReply {
        guard let json = request.json, json.count == 1 else {
            return .wrong(400, "deployMode goes with no other field")
        }
        if !world.refusals.isEmpty { return world.refusals.removeFirst() }
        switch (json["commitId"], json["deployMode"]) {
        case (.string(let commit)?, nil): world.commit = commit
        case (nil, .string("deploy_only")?), (nil, .string("build_and_deploy")?): break
        default: return .wrong(400, "no such commit or deployMode")
        }
        let id = "dep-\(world.deploys.count + 1)"
        world.deploys[id] = world.course
        return .json(201, #"{"id":"\#(id)","status":"created"}"#)
    }

    private static func list(_ request: APIRequest) -> APIReply {
        guard request.query == ["status": "live", "limit": "1"] else {
            return .wrong(400, "Invalid request")
        }
        return .json(
            200,
            #"[{"deploy":{"id":"dep-0","commit":{"id":"b90de38","#
                + #""message":"say \"startedAt\": \"1999-01-01T00:00:00Z\"","#
                + #""createdAt":"2026-01-16T21:00:00Z"},"createdAt":"2026-01-17T10:29:58.1Z","#
                + #""startedAt":"2026-01-17T10:30:00.123456Z","finishedAt":"2026-01-17T10:34:00Z","#
                + #""status":"live"},"cursor":"x"}]"#)
    }
}
