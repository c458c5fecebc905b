import Testing
import WatchCore
import WatchHTTP
import WatchSystem

@testable import WatchControl

@Suite(.enabled(if: runsAsRoot, "root may act without groups")) struct ActingTests {
    @Test func eachActReachesTheEngineWithThePeer() async throws {
        let acts: [(String, String, Command)] = [
            (
                "/v1/incidents/shop-17/ack", #"{"comment":"on it"}"#,
                .acknowledge(incident: "shop-17", comment: "on it")
            ),
            ("/v1/incidents/shop-17/resolve", "", .resolve(incident: "shop-17", comment: "")),
            (
                "/v1/incidents/shop-17/false-alarm", "{}",
                .falseAlarm(incident: "shop-17", comment: "")
            ),
            (
                "/v1/services/shop/rollback", #"{"to":"1.9.0","reason":"bad","dry_run":true}"#,
                .rollback(service: "shop", to: "1.9.0", reason: "bad", dryRun: true, force: false)
            ),
            (
                "/v1/services/shop/deploys",
                #"{"version":"2.1.0","commit":"abc","fields":{"deployment":17}}"#,
                .announce(
                    service: "shop", release: ReleaseIdentity(version: "2.1.0", commit: "abc"),
                    fields: ["deployment": "17"])
            ),
            (
                "/v1/services/shop/incidents", #"{"severity":"high","reason":"slow"}"#,
                .declare(service: "shop", severity: .high, reason: "slow")
            ),
            (
                "/v1/rollbacks/shop-17-r1/abort", #"{"reason":"no"}"#,
                .abort(rollback: "shop-17-r1", reason: "no")
            ),
            ("/v1/arm", #"{"reason":"ready"}"#, .arm(service: nil, reason: "ready")),
            (
                "/v1/disarm", #"{"service":"shop","for":"2h","reason":"work"}"#,
                .disarm(service: "shop", for: .hours(2), reason: "work")
            ),
            (
                "/v1/releases/shop/1.8.7/bad", #"{"reason":"loses orders"}"#,
                .mark(service: "shop", version: "1.8.7", .bad, reason: "loses orders")
            ),
            (
                "/v1/silences", #"{"service":"shop","trigger":"slow","for":"1h","reason":"x"}"#,
                .silence(
                    QuietRequest(service: "shop", trigger: "slow", lasts: .hours(1), reason: "x"))
            ),
            (
                "/v1/maintenance", #"{"for":"2h","reason":"new switch"}"#,
                .maintain(QuietRequest(service: nil, lasts: .hours(2), reason: "new switch"))
            ),
            (
                "/v1/releases/1.8.7/good", "",
                .mark(service: "shop", version: "1.8.7", .good, reason: "")
            ),
        ]
        try await withServer { server in
            for (path, body, command) in acts {
                let answer = try await server.post(path, body)
                #expect(answer.status == 200, "\(path): \(answer.text)")
                #expect(server.backend.commands.last?.0 == command)
                #expect(server.backend.commands.last?.1 == Peer(uid: 0, name: "root"))
            }
            #expect(server.backend.commands.count == acts.count)
            #expect(try await server.post("/v1/reload").text.contains("reloaded by root"))
        }
    }

    @Test func answersToAnOfferReachTheEngineWithThePeer() async throws {
        let acts: [(String, String, Command)] = [
            (
                "/v1/incidents/shop-17/approve", #"{"method":"restore","comment":"do it"}"#,
                .approve(incident: "shop-17", method: "restore", comment: "do it")
            ),
            (
                "/v1/incidents/shop-17/approve", "",
                .approve(incident: "shop-17", method: nil, comment: "")
            ),
            (
                "/v1/incidents/shop-17/deny", #"{"comment":"no"}"#,
                .deny(incident: "shop-17", comment: "no")
            ),
            (
                "/v1/incidents/shop-17/hold", #"{"for":"5m","comment":"hotfix"}"#,
                .hold(incident: "shop-17", for: .minutes(5), comment: "hotfix")
            ),
        ]
        try await withServer { server in
            for (path, body, command) in acts {
                let answer = try await server.post(path, body)
                #expect(answer.status == 200, "\(path): \(answer.text)")
                #expect(server.backend.commands.last?.0 == command)
                #expect(server.backend.commands.last?.1 == Peer(uid: 0, name: "root"))
            }
        }
    }

    @Test func aRefusalIsAConflictWithItsReason() async throws {
        try await withServer { server in
            server.backend.set(
                reply: CommandReply(
                    status: .refused, reason: "no-known-good", message: "nothing to go back to"))
            let answer = try await server.post("/v1/services/shop/rollback")
            #expect(answer.status == 409)
            let reply = try WireJSON.decode(ErrorReply.self, from: answer.body)
            #expect(reply == ErrorReply(code: "no-known-good", message: "nothing to go back to"))
            server.backend.set(reply: CommandReply(status: .notFound, message: "no such service"))
            #expect(try await server.post("/v1/services/shop/rollback").status == 404)
        }
    }

    @Test func badBodiesAreRefusedWithASentenceAndReachNobody() async throws {
        try await withServer { server in
            for (path, body, sentence) in [
                ("/v1/arm", "{", "not valid JSON"),
                ("/v1/arm", "[]", "must be a JSON object, and is an array"),
                ("/v1/arm", "{}", "reason is missing"),
                ("/v1/arm", #"{"reason":7}"#, "reason must be a string, and is a number"),
                ("/v1/arm", #"{"reason":"x","sevice":"shop"}"#, "unknown field 'sevice'"),
                ("/v1/disarm", #"{"reason":"x","for":"soon"}"#, "is no duration"),
                ("/v1/services/shop/rollback", #"{"to":"../etc"}"#, "'../etc' is not of the form"),
                ("/v1/services/shop/rollback", #"{"dry_run":"yes"}"#, "must be true or false"),
                ("/v1/services/shop/deploys", "{}", "version is missing"),
                ("/v1/incidents/shop-17/hold", "{}", "for is missing"),
                ("/v1/incidents/shop-17/hold", #"{"for":"-5m"}"#, "is no duration"),
                ("/v1/incidents/shop-17/approve", #"{"methd":"x"}"#, "unknown field 'methd'"),
                (
                    "/v1/services/shop/incidents", #"{"severity":"bad","reason":"x"}"#,
                    "known: critical, high, low, medium"
                ),
                ("/v1/reload", #"{"now":true}"#, "unknown field 'now'; none is known"),
            ] {
                let answer = try await server.post(path, body)
                #expect(answer.status == 400, "\(path) \(body)")
                let reply = try WireJSON.decode(ErrorReply.self, from: answer.body)
                #expect(reply.message.contains(sentence), "\(reply.message)")
            }
            #expect(server.backend.commands.isEmpty)
        }
    }

    @Test func aHugeBodyIsRefusedAndTheServerLivesOn() async throws {
        try await withServer { server in
            let body = #"{"reason":""# + String(repeating: "x", count: 70_000) + #""}"#
            #expect(try await server.post("/v1/arm", body).status == 413)
            let chunked = try await server.send(
                "POST", "/v1/arm", headers: [HTTPHeader("Transfer-Encoding", "chunked")],
                body: body)
            #expect(chunked.status == 413)
            #expect(server.backend.commands.isEmpty)
            #expect(try await server.get("/v1/status").status == 200)
        }
    }

    @Test func anotherContentTypeIsRefused() async throws {
        try await withServer { server in
            let answer = try await server.send(
                "POST", "/v1/arm", headers: [HTTPHeader("Content-Type", "text/plain")],
                body: #"{"reason":"x"}"#)
            #expect(answer.status == 415)
        }
    }
}
