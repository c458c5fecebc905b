import Glibc
import TestServers
import Testing
import WatchCore
import WatchHTTP

@testable import WatchControl

@Suite struct SecurityTests {
    private func forbidden(_ answer: HTTPResponse) -> Bool {
        answer.status == 403 && answer.text.contains("forbidden-origin")
    }

    @Test func onlyLocalhostIsAHost() async throws {
        try await withServer { server in
            for host in ["localhost", "localhost:8080", "LOCALHOST"] {
                let answer = try await server.get("/v1/status", headers: [HTTPHeader("Host", host)])
                #expect(answer.status == 200, "\(host)")
            }
            for host in [
                "evil.example", "localhost.evil.example", "127.0.0.1", "localhost:", "localhost:x",
                "localhost:80:80", "evil.example:8080",
            ] {
                let answer = try await server.get("/v1/status", headers: [HTTPHeader("Host", host)])
                #expect(forbidden(answer), "\(host)")
            }
        }
    }

    @Test(.enabled(if: runsAsRoot)) func aPostNeedsTheMarkerAndNoForeignOrigin() async throws {
        try await withServer { server in
            let body = #"{"reason":"x"}"#
            func post(_ headers: [HTTPHeader]) async throws -> HTTPResponse {
                try await server.send("POST", "/v1/arm", headers: headers, body: body)
            }
            let unmarked = try await post([HTTPHeader("X-Watchd", "0")])
            #expect(forbidden(unmarked))
            for origin in [
                "null", "http://evil.example", "https://localhost", "http://localhost.evil.example",
                "http://127.0.0.1", "",
            ] {
                let answer = try await post([HTTPHeader("Origin", origin)])
                #expect(forbidden(answer), "\(origin)")
            }
            #expect(server.backend.commands.isEmpty)
            for origin in ["http://localhost", "http://localhost:8080"] {
                #expect(try await post([HTTPHeader("Origin", origin)]).status == 200)
            }
        }
    }

    @Test(.enabled(if: runsAsRoot)) func withoutTheMarkerNothingIsDone() async throws {
        try await withServer { server in
            let result = try await runProgram(
                "/usr/bin/curl",
                ["-s", "--unix-socket", server.path, "-d", "{}", "http://localhost/v1/reload"])
            #expect(result.output.contains("X-Watchd: 1"))
        }
    }

    /// curl as another user; the group `nogroup` stands for `watchd`.
    private func curl(
        _ server: RunningServer, uid: Int, gid: Int, _ arguments: [String]
    ) async throws -> String {
        try await runProgram(
            "/usr/bin/setpriv",
            [
                "--reuid=\(uid)", "--regid=\(gid)", "--clear-groups", "curl", "-s", "-S",
                "--unix-socket", server.path, "-H", "X-Watchd: 1",
            ] + arguments
        ).output
    }

    @Test(.enabled(if: runsAsRoot)) func membersOfTheGroupReadAndDoNotAct() async throws {
        try await withServer(group: "nogroup") { server in
            let status = try await curl(
                server, uid: 65534, gid: 65534, ["http://localhost/v1/status"])
            #expect(status.contains(#""name":"shop""#))
            let act = try await curl(
                server, uid: 65534, gid: 65534, ["-X", "POST", "http://localhost/v1/reload"])
            #expect(act.contains("only root may act, because access.operate"))
            let socket = try #require(Mode.of(server.path))
            #expect(socket.permissions == 0o660)
            #expect(socket.group == 65534)
        }
    }

    @Test(.enabled(if: runsAsRoot)) func membersOfAnOperatingGroupAct() async throws {
        try await withServer(access: Access(operate: ["nogroup"]), group: "nogroup") { server in
            let act = try await curl(
                server, uid: 65534, gid: 65534, ["-X", "POST", "http://localhost/v1/reload"])
            #expect(act.contains("reloaded by uid 65534 (nobody)"))
            // Revoked by a reload, without a new connection's help.
            server.server.update(access: Access(operate: ["daemon"]))
            let refused = try await curl(
                server, uid: 65534, gid: 65534, ["-X", "POST", "http://localhost/v1/reload"])
            #expect(refused.contains("usermod -aG daemon nobody"))
        }
    }

    @Test(.enabled(if: runsAsRoot)) func membersOfAnApprovingGroupApproveAndNothingElse()
        async throws
    {
        var access = Access(operate: ["daemon"])
        access.approve = ["cto": ["nogroup"], "any-admin": ["daemon"]]
        try await withServer(access: access, group: "nogroup") { server in
            let url = "http://localhost/v1/incidents/shop-17/approve"
            _ = try await curl(server, uid: 65534, gid: 65534, ["-X", "POST", url])
            let peer = server.backend.commands.last?.1
            #expect(peer == Peer(uid: 65534, name: "uid 65534 (nobody)", roles: ["cto"]))
            let act = try await curl(
                server, uid: 65534, gid: 65534, ["-X", "POST", "http://localhost/v1/reload"])
            #expect(act.contains(#""code":"forbidden""#))
            #expect(server.backend.commands.count == 1)
        }
    }

    @Test(.enabled(if: runsAsRoot)) func strangersCannotEvenRead() async throws {
        try await withServer(group: "nogroup") { server in
            // By the file's mode they do not get here; the server does not rely on that alone.
            #expect(chmod(server.path, 0o666) == 0)
            let answer = try await curl(server, uid: 1, gid: 1, ["http://localhost/v1/status"])
            #expect(answer.contains(#""code":"forbidden""#))
            #expect(answer.contains("usermod -aG nogroup daemon"))
        }
    }

    @Test(.enabled(if: runsAsRoot)) func theSocketsModeKeepsStrangersOut() async throws {
        try await withServer(group: "nogroup") { server in
            let result = try await runProgram(
                "/usr/bin/setpriv",
                [
                    "--reuid=1", "--regid=1", "--clear-groups", "curl", "-s", "--unix-socket",
                    server.path, "http://localhost/v1/status",
                ])
            #expect(result.status == 7)
            #expect(result.output.isEmpty)
        }
    }
}

/// Mode and group of a file.
struct Mode {
    var permissions: UInt32
    var group: UInt32

    static func of(_ path: String) -> Mode? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        return Mode(permissions: info.st_mode & 0o7777, group: info.st_gid)
    }
}
