// A journey through a real nginx, which gives out a token and a cookie that belong together, and
// knows its customers by both.

import Foundation
import Glibc
import TestServers
import Testing
import WatchCore

@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/nginx")))
struct JourneyNginxTests {
    /// Listens on a socket of its own directory, and is gone with it.
    private final class Shop {
        private let directory: URL
        private var process = pid_t()

        var socket: String { file("socket") }

        deinit { if process > 0 { kill(process, SIGKILL) } }

        init() throws {
            directory = FileManager.default.temporaryDirectory
                .appendingPathComponent("watchd-nginx-\(UUID().uuidString)")
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
            let scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
                "\($0)_temp_path \(directory.path);"
            }.joined(separator: " ")
            try Data(
                #"""
                daemon off; worker_processes 1; user root;
                pid \#(file("pid")); error_log \#(file("error.log"));
                events { worker_connections 64; }
                http {
                  \#(scratch)
                  log_format short '$request_method $uri $status';
                  access_log \#(file("access.log")) short;
                  map "$http_authorization $cookie_sid" $known {
                    default 0;
                    "~^Bearer tok-([0-9a-f]+) cookie-\1$" 1;
                  }
                  server {
                    listen unix:\#(file("socket"));
                    default_type application/json;
                    location = /signin {
                      if ($request_method != POST) { return 405; }
                      add_header Set-Cookie "sid=cookie-$request_id; Path=/; HttpOnly";
                      return 200 '{"token": "tok-$request_id"}';
                    }
                    location = /broken { return 503 '{"of": "$http_authorization"}'; }
                    location / { if ($known = 0) { return 401; } return 200 '[]'; }
                  }
                }
                """#.utf8
            ).write(to: URL(fileURLWithPath: file("conf")))
            process = try Self.start([
                "nginx", "-p", directory.path, "-c", file("conf"), "-e", file("error.log"),
            ])
            // It is written when nginx listens.
            while access(file("pid"), F_OK) != 0, waitpid(process, nil, WNOHANG) == 0 {
                sched_yield()
            }
        }

        /// What it served; it is written down when nginx is gone at the latest.
        func end() throws -> [String] {
            kill(process, SIGQUIT)
            while waitpid(process, nil, 0) < 0, errno == EINTR {}
            process = 0
            let log = try String(contentsOfFile: file("access.log"), encoding: .utf8)
            try? FileManager.default.removeItem(at: directory)
            return log.split(separator: "\n").map(String.init)
        }

        private func file(_ name: String) -> String {
            directory.appendingPathComponent(name).path
        }

        private static func start(_ words: [String]) throws -> pid_t {
            try #require(startNginx(words))
        }
    }

    private func step(
        _ name: String, _ method: String, _ path: String, _ shop: Shop
    ) throws -> JourneyCheck.Step {
        var step = try JourneyCheck.Step.step(
            name, method, "http://shop.example.com\(path)",
            headers: path == "/signin" ? [:] : ["Authorization": "Bearer ${token}"],
            save: path == "/signin" ? ["token": "$.token"] : [:])
        step.request.unixSocket = shop.socket
        return step
    }

    @Test func tokenAndCookieOfOneSignInAreUsedTogether() async throws {
        let shop = try Shop()
        var orders = try step("orders", "GET", "/orders", shop)
        orders.repeats = 3
        let steps = [
            try step("signin", "POST", "/signin", shop), orders,
            try step("signout", "DELETE", "/session", shop).cleaningUp(),
        ]
        #expect(await probe(.journey(JourneyCheck(steps: steps))).outcome == .pass)
        // The next run signs in anew, and gets another of both.
        #expect(await probe(.journey(JourneyCheck(steps: steps))).outcome == .pass)
        let run =
            ["POST /signin 200"] + Array(repeating: "GET /orders 200", count: 3)
            + ["DELETE /session 200"]
        #expect(try shop.end() == run + run)
    }

    @Test func whatItEchoesIsNoEvidence() async throws {
        let shop = try Shop()
        let result = await probe(
            .journey(
                JourneyCheck(steps: [
                    try step("signin", "POST", "/signin", shop),
                    try step("broken", "GET", "/broken", shop),
                    try step("orders", "GET", "/orders", shop),
                    try step("signout", "DELETE", "/session", shop).cleaningUp(),
                ])))
        #expect(result.outcome == .fail("step 2 (broken): status 503, expected 2xx"))
        #expect(result.body == #"{"of": "Bearer ***"}"#)
        #expect(try shop.end() == ["POST /signin 200", "GET /broken 503", "DELETE /session 200"])
    }
}
