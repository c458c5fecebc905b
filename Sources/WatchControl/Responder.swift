// One request from its first check to its answer: the guard against browsers, the address, the
// rights of the peer, and only then the daemon.

import Glibc
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import WatchCore
import WatchSystem

struct Responder: HTTPResponder {
    typealias Context = ControlContext

    let backend: any ControlBackend
    let users: UserDirectory
    let access: AccessBox
    /// Members may read.
    let group: String
    let feed: EventFeed

    func respond(to request: Request, context: ControlContext) async -> Response {
        let response = await answer(request, context)
        guard request.method == .head else { return response }
        // RFC 9110 §9.3.2: the headers of GET, no content.
        return response.createHeadResponse()
    }

    private func answer(_ request: Request, _ context: ControlContext) async -> Response {
        if let refusal = RequestGuard.refusal(
            authority: request.head.authority, origin: request.headers[.origin],
            marker: RequestGuard.marker.flatMap { request.headers[$0] },
            acts: request.method != .get && request.method != .head)
        {
            return Answer.problem(.forbidden, "forbidden-origin", refusal)
        }
        let path = request.head.path ?? ""
        let parts = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        switch Endpoint.match(
            method: request.method.rawValue, path: parts.first.map(String.init) ?? "")
        {
        case .badPath:
            return Answer.bad(RequestProblem("the path is not properly percent-encoded UTF-8"))
        case .notFound:
            return Answer.problem(
                .notFound, "not-found", "there is no such address; openapi.yaml lists them")
        case .wrongMethod(let allow):
            var response = Answer.problem(
                .methodNotAllowed, "method-not-allowed", "this address takes \(allow) only")
            response.headers[.allow] = allow
            return response
        case .found(let endpoint):
            return await answer(
                endpoint, request, context, query: parts.count == 2 ? String(parts[1]) : "")
        }
    }

    private func answer(
        _ endpoint: Endpoint, _ request: Request, _ context: ControlContext, query: String
    ) async -> Response {
        let peer: Peer
        let refusal: String?
        do {
            let credentials = try await PeerCredentials.of(context.channel)
            let person = try await users.person(uid: credentials.uid, gid: credentials.gid)
            let policy = try await policy()
            refusal = policy.refusal(of: person, need: endpoint.need)
            peer = Peer(
                uid: person.uid,
                name: Peer.name(printable(person.name, limit: 64), uid: person.uid),
                operates: policy.operates(person), roles: policy.roles(of: person))
        } catch {
            context.logger.error("the peer of the socket is unknown: \(error)")
            return Answer.problem(
                .forbidden, "forbidden", "watchd could not find out who is asking; see its log")
        }
        if let refusal { return Answer.problem(.forbidden, "forbidden", refusal) }
        do {
            if case .act(let act) = endpoint {
                _ = try Query(query, allowed: [])
                return try await perform(act, request, by: peer)
            }
            return try await read(endpoint, request, query: query)
        } catch let problem as RequestProblem {
            return Answer.bad(problem)
        } catch {
            return Answer.unavailable(error)
        }
    }

    /// With the numbers that the groups have now.
    private func policy() async throws -> AccessPolicy {
        let access = access.current
        var roles: [String: [AccessPolicy.Group]] = [:]
        for (role, names) in access.approve { roles[role] = try await groups(names) }
        return AccessPolicy(
            readers: AccessPolicy.Group(name: group, id: try await users.group(group)),
            operators: try await groups(access.operate), roles: roles, ownUser: geteuid())
    }

    private func groups(_ names: [String]) async throws -> [AccessPolicy.Group] {
        var groups: [AccessPolicy.Group] = []
        for name in names {
            groups.append(AccessPolicy.Group(name: name, id: try await users.group(name)))
        }
        return groups
    }
}

/// Who may act: replaced when the configuration is reloaded.
final class AccessBox: Sendable {
    private let state: Mutex<Access>

    init(_ access: Access) { state = Mutex(access) }

    var current: Access {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
