// Queries of Prometheus as probes.

import Testing
import WatchConfig
import WatchCore

@Suite struct PrometheusConfigurationTests {
    private func load(_ body: String) -> LoadResult {
        ConfigurationLoader.loadText(
            "services: { shop: { probes: { errors: \(body) } } }", name: "test.yaml")
    }

    @Test func aQueryAndItsBounds() throws {
        let result = load(
            """
            { prometheus: 'http://127.0.0.1:9090/prom', every: 15s, bearer: '${env:A}',
              query: 'sum(rate(errors[1m])) / sum(rate(requests[1m]))',
              expect: { value: ['< 5%', '>= 0', '!= 3'] } }
            """)
        #expect(result.remarks.map(\.text) == [])
        let probe = try #require(result.configuration?.services[0].probes[0])
        guard case .prometheus(let check) = probe.kind else {
            throw SecretError(message: "no prometheus")
        }
        #expect(check.request.url.source == "http://127.0.0.1:9090/prom")
        #expect(check.query.hasPrefix("sum(rate("))
        #expect(check.value == [.less(0.05), .greaterOrEqual(0), .notEquals(.number(3))])
        #expect(result.configuration?.secrets == [.environment("A")])
    }

    @Test(arguments: [
        ("query: 'up'", "needs 'expect'"), ("expect: { value: 1 }", "needs 'query'"),
        ("query: 'up', expect: { value: 'much' }", "compares with no number"),
        ("query: 'up', expect: {}", "needs 'value'"),
        ("query: 'up', expect: { value: [] }", "an empty list"),
        ("query: 'up', expect: { value: 1 }, method: GET", "'method' means nothing"),
    ])
    func mistakesAreSaid(body: String, text: String) {
        let found = load("{ prometheus: 'http://a/', every: 15s, \(body) }").diagnostics
        #expect(found.count == 1, "\(found.map(\.text))")
        #expect(found.first?.text.contains(text) ?? false, "\(found.map(\.text))")
    }

    @Test func thePathOfTheAPIIsNotWritten() {
        let found = load(
            "{ prometheus: 'http://a/api/v1/query', every: 15s, query: up, expect: { value: 1 } }"
        ).diagnostics
        #expect(found.first?.text.contains("without the API's path") ?? false)
    }
}
