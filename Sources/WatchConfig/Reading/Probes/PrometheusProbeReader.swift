// A prometheus probe: the server, the query, and which number is good.

import WatchCore

struct PrometheusProbeReader {
    /// More is no query that a person wrote.
    private static let queryLimit = 4096

    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        let request = section.request(url: "prometheus")
        let query = section.text("query", limit: Self.queryLimit)
        if !section.has("query") {
            missing(section, "query", "query: 'sum(rate(http_errors_total[1m]))'")
        }
        let value = values(section)
        checkPath(request, section)
        guard let request, let query else { return nil }
        return .prometheus(PrometheusCheck(request: request, query: query, value: value))
    }

    private func missing(_ section: Section, _ key: String, _ example: String) {
        problems.error(
            section.keyPlace("prometheus") ?? section.place, "a prometheus probe needs '\(key)'",
            "add \(example)")
    }

    private func values(_ section: Section) -> [HTTPExpectation.Comparison] {
        guard let value = section.value("expect") else {
            missing(section, "expect", "expect: { value: \"< 5\" }")
            return []
        }
        guard let expect = Section(value, .prometheusExpectation, problems),
            let bounds = expect.value("value")
        else { return [] }
        if let items = bounds.items, items.isEmpty {
            problems.error(bounds.place, "'value' is an empty list", "write \"< 5\"")
        }
        return (bounds.items ?? [bounds]).compactMap(ComparisonReader(problems).number)
    }

    /// The path of the API is added, so whoever wrote it would ask for something else.
    private func checkPath(_ request: HTTPRequestSpec?, _ section: Section) {
        guard let source = request?.url.source, source.contains("/api/v1") else { return }
        problems.error(
            section.place("prometheus"), "the URL is that of the server, without the API's path",
            "leave out /api/v1/… here")
    }
}
