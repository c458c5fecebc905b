// Vercel as https://vercel.com/docs/rest-api tells of it: deployments, promotion, and the project's
// `lastAliasRequest`, by which Vercel's own CLI follows a promotion.

import TestServers
import Testing
import WatchCore

final class VercelAPI: Sendable {
    struct AliasRequest: Sendable {
        var to: String
        /// `jobStatus`, one for each question.
        var jobs: [String]
        var requestedAt: Int
    }

    struct World: Sendable {
        /// Production deployments by id, with their state.
        var deployments = ["dpl_good": "READY", "dpl_bad": "READY"]
        var production = "dpl_bad"
        var last: AliasRequest?
        /// What a promotion goes through.
        var jobsOfPromotion = ["pending", "in-progress", "succeeded"]
        /// How many questions are answered with the request before after a promotion, which is then
        /// queued: 202; and what it will be.
        var queue = 0
        var queued: AliasRequest?
        /// In place of the answer to the promotion.
        var refusals: [APIReply] = []
        /// In place of the answers to the next questions.
        var busy: [APIReply] = []
        /// States of the deployment of a pushed commit, one for each question.
        var builds = ["QUEUED", "BUILDING", "READY"]
        var builtCommit: String?
    }

    let world: VendorState<World>
    let server: FakeAPI

    init(_ world: World = World()) throws {
        let world = VendorState(world)
        self.world = world
        server = try #require(FakeAPI { request in world { Self.answer(request, &$0) } })
    }

    private static func answer(_ request: APIRequest, _ world: inout World) -> APIReply {
        guard request.headers["authorization"] == "Bearer vercel-secret" else {
            return .wrong(401, "The request is not authorized.")
        }
        guard request.query["teamId"] == "team_CHANGE_ME" else {
            return .wrong(403, "You do not have permission to access this resource.")
        }
        if request.method == "GET", !world.busy.isEmpty { return world.busy.removeFirst() }
        let parts = request.place.split(separator: "/").map(String.init)
        switch (request.method, parts.first ?? "", parts.count) {
        case ("GET", "v13", 3) where parts[1] == "deployments":
            guard let state = world.deployments[parts[2]] else {
                return .wrong(404, "The deployment was not found")
            }
            return .json(
                200, #"{"id":"\#(parts[2])","readyState":"\#(state)","target":"production"}"#)
        case ("POST", "v10", 5) where parts[1] == "projects" && parts[3] == "promote":
            return promote(parts[2], parts[4], request, &world)
        case ("GET", "v9", 3) where parts[1] == "projects":
            return project(parts[2], &world)
        case ("GET", "v6", 2) where parts[1] == "deployments":
            return list(request, &world)
        default: return .wrong(404, "there is no \(request.line)")
        }
    }

    private static func promote(
        _ project: String, _ id: String, _ request: APIRequest, _ world: inout World
    ) -> APIReply {
        guard request.json != nil else { return .wrong(400, "the body must be JSON") }
        guard project == "prj_CHANGE_ME" else { return .wrong(404, "Project not found") }
        if !world.refusals.isEmpty { return world.refusals.removeFirst() }
        guard world.deployments[id] == "READY" else {
            return .wrong(409, "the deployment is not ready")
        }
        let request = AliasRequest(
            to: id, jobs: world.jobsOfPromotion,
            requestedAt: (world.last?.requestedAt ?? 1_700_000_000_000) + 60_000)
        if world.queue > 0 {
            world.queued = request
            return .json(202, "{}")
        }
        world.last = request
        return .json(201, "{}")
    }

    private static func project(_ id: String, _ world: inout World) -> APIReply {
        guard id == "prj_CHANGE_ME" else { return .wrong(404, "Project not found") }
        if let queued = world.queued {
            world.queue -= 1
            if world.queue <= 0 { (world.last, world.queued) = (queued, nil) }
        }
        guard let last = world.last else {
            return .json(200, #"{"id":"\#(id)","lastAliasRequest":null}"#)
        }
        if last.jobs.count > 1 {
            world.last?.jobs.removeFirst()
            if world.last?.jobs == ["succeeded"] { world.production = last.to }
        }
        return .json(
            200,
            #"{"id":"\#(id)","lastAliasRequest":{"fromDeploymentId":"dpl_bad","#
                + #""toDeploymentId":"\#(last.to)","jobStatus":"\#(last.jobs[0])","#
                + #""requestedAt":\#(last.requestedAt),"type":"promote"}}"#)
    }

    private static func list(_ request: APIRequest, _ world: inout World) -> APIReply {
        let query = request.query
        guard query["projectId"] == "prj_CHANGE_ME", query["target"] == "production",
            query["limit"] == "1", let commit = query["sha"]
        else { return .wrong(400, "Invalid request") }
        guard commit == world.builtCommit else { return .json(200, #"{"deployments":[]}"#) }
        let state = world.builds.count > 1 ? world.builds.removeFirst() : world.builds[0]
        let deployment = #"{"uid":"dpl_new","readyState":"\#(state)","state":"\#(state)"}"#
        return .json(200, #"{"deployments":[\#(deployment)]}"#)
    }
}
