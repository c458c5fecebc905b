import Testing
import WatchCore
import WatchHTTP
import WatchSystem

@testable import WatchControl

@Suite struct ReadingTests {
    @Test func statusComesAsSnakeCaseJSONAndReadsBack() async throws {
        try await withServer { server in
            let answer = try await server.get("/v1/status")
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "application/json")
            #expect(answer.header("Cache-Control") == "no-store")
            #expect(answer.header("Date")?.hasSuffix(" GMT") == true)
            #expect(answer.text.contains(#""last_known_good":"1.9.0""#))
            #expect(answer.text.contains(#""error_rate(access, 2m)":{"#))
            #expect(try WireJSON.decode(StatusReport.self, from: answer.body) == Fixtures.report)
        }
    }

    @Test func everyReadingAddressAnswers() async throws {
        try await withServer { server in
            server.backend.append(Fixtures.event(1, incident: "shop-17"))
            for path in [
                "/", "/metrics", "/v1/status", "/v1/services/shop", "/v1/incidents",
                "/v1/incidents/shop-17", "/v1/releases", "/v1/releases?service=shop",
                "/v1/events", "/v1/events?after=0&limit=5&incident=shop-17", "/v1/deliveries",
                "/v1/services/shop/triggers/5xx%20storm/explain",
            ] {
                let answer = try await server.get(path)
                #expect(answer.status == 200, "\(path): \(answer.text)")
                #expect(!answer.body.isEmpty)
            }
        }
    }

    @Test func aTriggerWithSpacesIsFoundAndAnUnknownOneNamesTheOthers() async throws {
        try await withServer { server in
            let found = try await server.get("/v1/services/shop/triggers/5xx%20storm/explain")
            let explanation = try WireJSON.decode(Explanation.self, from: found.body)
            #expect(explanation.trigger.name == "5xx storm")
            let missing = try await server.get("/v1/services/shop/triggers/6xx/explain")
            #expect(missing.status == 404)
            #expect(missing.text.contains("it has: 5xx storm, slow"))
        }
    }

    @Test func unknownNamesAreAnsweredWithTheKnownOnes() async throws {
        try await withServer { server in
            let service = try await server.get("/v1/services/shpo")
            #expect(service.status == 404)
            #expect(service.text.contains("there are: shop, blog"))
            let incident = try await server.get("/v1/incidents/shop-99")
            #expect(incident.status == 404)
            #expect(incident.text.contains("shop-17"))
            let events = try await server.get("/v1/events?service=shpo")
            #expect(events.status == 404)
            #expect(events.text.contains("there are: shop, blog"))
            #expect(try await server.get("/v1/events?service=blog").status == 200)
        }
    }

    @Test func wrongAddressesMethodsAndParametersAreNamed() async throws {
        try await withServer { server in
            #expect(try await server.get("/v1/nonsense").status == 404)
            #expect(try await server.get("/v1/services/%zz").status == 400)
            let method = try await server.send(
                "DELETE", "/v1/status", headers: [HTTPHeader("X-Watchd", "1")])
            #expect(method.status == 405)
            #expect(method.header("Allow") == "GET, HEAD")
            #expect(try await server.get("/v1/arm").status == 405)
            let query = try await server.get("/v1/incidents?limt=5")
            #expect(query.status == 400)
            #expect(query.text.contains("unknown query parameter 'limt'; known: limit"))
        }
    }

    @Test func headHasTheHeadersOfGetAndNoBody() async throws {
        try await withServer { server in
            let answer = try await server.send("HEAD", "/v1/status")
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
            let full = try await server.get("/v1/status")
            #expect(answer.header("Content-Length") == "\(full.body.count)")
        }
    }

    @Test func aStoreThatCannotBeReadIsSaid() async throws {
        try await withServer { server in
            server.backend.failStore()
            let answer = try await server.get("/v1/incidents")
            #expect(answer.status == 503)
            #expect(answer.text.contains("store-unavailable"))
        }
    }
}
