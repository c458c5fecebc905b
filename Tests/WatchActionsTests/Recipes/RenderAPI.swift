// Render as https://api-docs.render.com tells of it: services with their maintenance mode,
// variables, deploys of a commit or of the last build.

import TestServers
import Testing
import WatchCore

final class RenderAPI: Sendable {
    struct Deploy: Sendable {
        var id: String
        var commit: String
        var startedAt: String
        /// What it is, and what it goes through, one for each question.
        var course = ["live"]
    }

    struct World: Sendable {
        var variables = ["USE_NEW_SCHEMA": "true", "DATABASE_URL": oldURL]
        var isInMaintenance = false
        /// Each change of it.
        var maintenance: [Bool] = []
        /// The newest first.
        var deploys = [
            Deploy(id: "dep-0", commit: "b90de38", startedAt: "2026-01-17T10:30:00.123456Z"),
            Deploy(
                id: "dep-00", commit: "b7920c6", startedAt: "2026-01-16T09:00:00Z",
                course: ["deactivated"]),
        ]
        /// What a new deploy goes through.
        var course = ["created", "build_in_progress", "update_in_progress", "live"]
        /// Another deploy is under way: 202, and nothing of the new one is in the answer.
        var queues = false
        /// In place of the answer to the next deploys.
        var refusals: [APIReply] = []
        /// In place of the answers to the next questions and new values of variables.
        var busy: [APIReply] = []
        var suspended = "not_suspended"
        /// What the application that is live was started with.
        var used = oldURL

        /// Of what is live.
        var commit: String { deploys.first { $0.course == ["live"] }?.commit ?? "" }
        var made: [Deploy] { deploys.filter { !$0.id.hasPrefix("dep-0") } }
    }

    static let oldHost = "ep-old-pond-111111-pooler.us-east-2.aws.neon.tech"
    static let oldURL = "postgresql://shop:pa55%2Fword@\(oldHost)/shop?sslmode=require"

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
        if ["GET", "PUT"].contains(request.method), !world.busy.isEmpty {
            return world.busy.removeFirst()
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
        case ("GET", "deploys", 4): return list(request, &world)
        case ("GET", "deploys", 5):
            guard let index = world.deploys.firstIndex(where: { $0.id == parts[4] }) else {
                return .wrong(404, "not found")
            }
            goOn(index, &world)
            return .json(200, text(world.deploys[index]))
        case ("POST", "deploys", 6) where parts[5] == "cancel":
            guard let index = world.deploys.firstIndex(where: { $0.id == parts[4] }) else {
                return .wrong(404, "not found")
            }
            world.deploys[index].course = ["canceled"]
            return .json(200, text(world.deploys[index]))
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
        var new = Deploy(
            id: "dep-\(world.made.count + 1)", commit: world.commit,
            startedAt: "2026-01-17T11:00:00Z", course: world.course)
        switch (json["commitId"], json["deployMode"]) {
        case (.string(let commit)?, nil): new.commit = commit
        case (nil, .string("deploy_only")?), (nil, .string("build_and_deploy")?): break
        default: return .wrong(400, "no such commit or deployMode")
        }
        if world.queues { new.course.insert("queued", at: 0) }
        world.deploys.insert(new, at: 0)
        return world.queues ? .answer(202) : .json(201, text(new))
    }

    /// The next state of one; the one that is live starts with the variables of now.
    private static func goOn(_ index: Int, _ world: inout World) {
        guard world.deploys[index].course.count > 1 else { return }
        world.deploys[index].course.removeFirst()
        guard world.deploys[index].course == ["live"] else { return }
        for other in world.deploys.indices where other != index {
            if world.deploys[other].course == ["live"] {
                world.deploys[other].course = ["deactivated"]
            }
        }
        world.used = world.variables["DATABASE_URL"] ?? ""
    }

    private static func text(_ deploy: Deploy) -> String {
        #"{"id":"\#(deploy.id)","commit":{"id":"\#(deploy.commit)","#
            + #""message":"say \"startedAt\": \"1999-01-01T00:00:00Z\"","#
            + #""createdAt":"2026-01-16T21:00:00Z"},"createdAt":"2026-01-10T10:29:58.1Z","#
            + #""startedAt":"\#(deploy.startedAt)","finishedAt":"2026-01-17T10:34:00Z","#
            + #""status":"\#(deploy.course[0])"}"#
    }

    private static func list(_ request: APIRequest, _ world: inout World) -> APIReply {
        var wanted = request.query
        let limit = wanted.removeValue(forKey: "limit").flatMap { Int($0) } ?? 20
        let status = wanted.removeValue(forKey: "status")
        guard wanted.isEmpty, (1...100).contains(limit) else {
            return .wrong(400, "Invalid request")
        }
        for index in world.deploys.indices { goOn(index, &world) }
        let found = world.deploys.filter { status == nil || $0.course[0] == status }
        let texts = found.prefix(limit).map { #"{"deploy":\#(text($0)),"cursor":"x"}"# }
        return .json(200, "[\(texts.joined(separator: ","))]")
    }
}
