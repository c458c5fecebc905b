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

    func respond(to request: Request, context: ControlContext) async throws -> Response {
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
        let person: Person
        let refusal: String?
        do {
            let peer = try await PeerCredentials.of(context.channel)
            person = try await users.person(uid: peer.uid, gid: peer.gid)
            refusal = try await policy().refusal(of: person, need: endpoint.need)
        } catch {
            context.logger.error("the peer of the socket is unknown: \(error)")
            return Answer.problem(
                .forbidden, "forbidden", "watchd could not find out who is asking; see its log")
        }
        if let refusal { return Answer.problem(.forbidden, "forbidden", refusal) }
        let peer = Peer(uid: person.uid, name: printable(person.name, limit: 64))
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
        var operators: [AccessPolicy.Group] = []
        for name in access.current.operate {
            operators.append(AccessPolicy.Group(name: name, id: try await users.group(name)))
        }
        return AccessPolicy(
            readers: AccessPolicy.Group(name: group, id: try await users.group(group)),
            operators: operators, ownUser: geteuid())
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
