// Neon as https://neon.com/docs/reference/api tells of it: a branch of the past with a compute,
// and the operations that make them.

import TestServers
import Testing
import WatchCore

final class NeonAPI: Sendable {
    struct Branch: Sendable {
        var name: String
        /// Whose data it has, and of when; nil: it is the first.
        var parent: String?
        var time = ""
    }

    struct World: Sendable {
        /// By id.
        var branches = ["br-main-000000": Branch(name: "main")]
        /// Which branch an endpoint is the compute of.
        var endpoints = ["ep-old-pond-111111": "br-main-000000"]
        /// How often the project is locked by other operations before it takes the request.
        var locks = 0
        var course = ["scheduling", "running", "finished"]
        var operations: [String: [String]] = [:]
        /// In place of the answers to the next requests.
        var busy: [APIReply] = []

        /// Those that were made.
        var made: [Branch] {
            branches.values.filter { $0.parent != nil }.sorted { $0.name < $1.name }
        }
    }

    /// "If omitted or empty, the branch will be created from the project's default branch."
    private static let standard = "br-main-000000"
    static let region = "us-east-2.aws.neon.tech"

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
        if !world.busy.isEmpty { return world.busy.removeFirst() }
        let rest = request.path.dropFirst(root.count)
        let id = String(rest.split(separator: "/").last ?? "")
        switch (request.method, rest) {
        case ("GET", ""): return .json(200, #"{"project":{"id":"CHANGE-ME-12345678"}}"#)
        case ("POST", "/branches"): return branch(request, &world)
        case ("GET", "/endpoints/\(id)"):
            guard let branch = world.endpoints[id] else {
                return .wrong(404, "endpoint not found")
            }
            return .json(
                200,
                #"{"endpoint":{"host":"\#(id).\#(region)","id":"\#(id)","type":"read_write","#
                    + #""branch_id":"\#(branch)","current_state":"active"}}"#)
        case ("GET", "/operations/\(id)"):
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
            Set(branch.keys).isSubset(of: ["name", "parent_id", "parent_timestamp"]),
            json["endpoints"] == .array([.object(["type": .string("read_write")])])
        else { return .wrong(400, "the body is not as it should be") }
        // RFC 3339.
        guard time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil else {
            return .wrong(400, "parent_timestamp is no time")
        }
        var parent = standard
        if case .string(let named)? = branch["parent_id"], !named.isEmpty { parent = named }
        guard world.branches[parent] != nil else { return .wrong(404, "branch not found") }
        guard !world.branches.values.contains(where: { $0.name == name }) else {
            return .wrong(409, "branch with the provided name already exists")
        }
        if world.locks > 0 {
            world.locks -= 1
            return .wrong(423, "project already has running operations")
        }
        let number = world.branches.count
        let (id, endpoint) = ("br-dawn-scene-\(number)", "ep-small-bush-\(number)")
        world.branches[id] = Branch(name: name, parent: parent, time: time)
        world.endpoints[endpoint] = id
        let made = ["create_branch", "start_compute"].map { action in
            world.operations["\(action)-\(number)"] = world.course
            return #"{"id":"\#(action)-\#(number)","action":"\#(action)","status":"running"}"#
        }
        return .json(
            201,
            #"{"branch":{"id":"\#(id)","name":"\#(name)","current_state":"init"},"#
                + #""endpoints":[{"id":"\#(endpoint)","host":"\#(endpoint).\#(region)"}],"#
                + #""operations":[\#(made.joined(separator: ","))]}"#)
    }
}
