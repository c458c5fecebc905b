// Neon as https://neon.com/docs/reference/api tells of it: a branch of the past with a compute,
// and the operations that make them.

import TestServers
import Testing
import WatchCore

final class NeonAPI: Sendable {
    struct World: Sendable {
        /// Timestamps that branches were made of, by name.
        var branches: [String: String] = [:]
        /// How often the project is locked by other operations before it takes the request.
        var locks = 0
        var course = ["scheduling", "running", "finished"]
        var operations: [String: [String]] = [:]
    }

    static let host = "ep-small-bush-675287.us-east-2.aws.neon.tech"
    private static let operations = [
        "create_branch": "22acbb37-209b-4b90-a39c-8460090e1329",
        "start_compute": "055b17e6-ffe3-47ab-b545-cfd7db6fd8b8",
    ]

    let world: VendorState<World>
    let server: FakeAPI

    init(_ world: World = World()) throws {
        let world = VendorState(world)
        self.world = world
        server = try #require(FakeAPI { request in world { Self.answer(request, &$0) } })
    }

    private static func answer(_ request: APIRequest, _ world: inout World) -> APIReply {
        guard request.headers["authorization"] == "Bearer neon-secret" else {
            return .wrong(401, "authentication failed")
        }
        let root = "/api/v2/projects/CHANGE-ME-12345678"
        guard request.path.hasPrefix(root) else { return .wrong(404, "project not found") }
        let rest = request.path.dropFirst(root.count)
        switch (request.method, rest) {
        case ("GET", ""): return .json(200, #"{"project":{"id":"CHANGE-ME-12345678"}}"#)
        case ("POST", "/branches"): return branch(request, &world)
        case ("GET", _) where rest.hasPrefix("/operations/"):
            let id = String(rest.dropFirst("/operations/".count))
            guard var states = world.operations[id] else {
                return .wrong(404, "operation not found")
            }
            let state = states.count > 1 ? states.removeFirst() : states[0]
            world.operations[id] = states
            return .json(200, #"{"operation":{"id":"\#(id)","status":"\#(state)"}}"#)
        default: return .wrong(404, "there is no \(request.line)")
        }
    }

    private static func branch(_ request: APIRequest, _ world: inout World) -> APIReply {
        guard let json = request.json, Set(json.keys) == ["branch", "endpoints"],
            case .object(let branch)? = json["branch"], case .string(let name)? = branch["name"],
            case .string(let time)? = branch["parent_timestamp"],
            json["endpoints"] == .array([.object(["type": .string("read_write")])])
        else { return .wrong(400, "the body is not as it should be") }
        // RFC 3339.
        guard time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil else {
            return .wrong(400, "parent_timestamp is no time")
        }
        guard world.branches[name] == nil else {
            return .wrong(409, "branch with the provided name already exists")
        }
        if world.locks > 0 {
            world.locks -= 1
            return .wrong(423, "project already has running operations")
        }
        world.branches[name] = time
        for id in operations.values { world.operations[id] = world.course }
        let made = ["create_branch", "start_compute"].map {
            #"{"id":"\#(operations[$0] ?? "")","action":"\#($0)","status":"running"}"#
        }
        return .json(
            201,
            #"{"branch":{"id":"br-dawn-scene-747675","name":"\#(name)","current_state":"init"},"#
                + #""endpoints":[{"id":"ep-small-bush-675287","host":"\#(host)"}],"#
                + #""operations":[\#(made.joined(separator: ","))]}"#)
    }
}
