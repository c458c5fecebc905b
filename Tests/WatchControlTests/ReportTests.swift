// Reports and the doctor through the real socket and the real program.

import TestServers
import Testing
import WatchCore
import WatchHTTP

@Suite(.enabled(if: runsAsRoot, "root may act without groups")) struct ReportTests {
    @Test func eachFormatHasItsTypeAndItsContent() async throws {
        try await withServer { server in
            server.backend.append(Fixtures.event(1, incident: "shop-17"))
            for (format, type, text) in [
                ("md", "text/markdown; charset=utf-8", "# Incident shop-17"),
                ("html", "text/html; charset=utf-8", "<h1>Incident shop-17"),
                ("json", "application/json", "\"timeline\""),
            ] {
                let answer = try await server.get("/v1/incidents/shop-17/report?format=\(format)")
                #expect(answer.status == 200)
                #expect(answer.header("Content-Type") == type)
                #expect(answer.text.contains(text), "\(format)")
            }
            let standard = try await server.get("/v1/incidents/shop-17/report")
            #expect(standard.text.hasPrefix("# Incident"))
            #expect(try await server.get("/v1/incidents/shop-17/report?format=pdf").status == 400)
            #expect(try await server.get("/v1/incidents/shop-99/report").status == 404)
        }
    }

    @Test func watchctlPrintsIt() async throws {
        try await withServer { server in
            func report(_ arguments: String...) async throws -> ProgramResult {
                try await watchctl(["report", "shop-17", "--socket", server.path] + arguments)
            }
            let plain = try await report()
            #expect(plain.output.hasPrefix("# Incident shop-17"))
            let page = try await report("--format", "html")
            #expect(page.output.hasPrefix("<!doctype html>"))
            let json = try await report("--json")
            #expect(json.output.contains("\"incident\""))
            let wrong = try await report("--format", "pdf")
            #expect(wrong.status == 2)
        }
    }

    @Test func theDoctorExitsWithOneWhenSomethingIsMissing() async throws {
        try await withServer { server in
            let fine = try await watchctl(["doctor", "--socket", server.path])
            #expect(fine.status == 0)
            #expect(fine.output.contains("0 checks as watchd: fine"))
            server.backend.set(
                doctor: DoctorReport(
                    time: Fixtures.report.time, user: "watchd",
                    checks: [
                        .init(kind: "program", name: "/bin/sh", state: .ok, text: "can be run"),
                        .init(
                            kind: "unit", name: "/etc/watchd/rollback.d/shop", state: .problem,
                            text: "is not there", remedy: "install the script",
                            usedBy: ["plan shop"]),
                    ]))
            let bad = try await watchctl(["doctor", "--socket", server.path])
            #expect(bad.status == 1)
            let lines = bad.output.split(separator: "\n")
            #expect(
                lines.first?.contains("✖ unit /etc/watchd/rollback.d/shop: is not there") ?? false)
            #expect(bad.output.contains("→ install the script"))
            #expect(bad.output.contains("needed by plan shop"))
            #expect(bad.output.contains("2 checks as watchd: 1 problem"))
            let json = try await watchctl(["doctor", "--json", "--socket", server.path])
            #expect(json.status == 1)
            #expect(json.output.contains("\"used_by\""))
        }
    }
}
