// An http probe: the request, and which answer is good.

import WatchCore

struct HTTPProbeReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        var request = section.request(bodyAsJSON: "json")
        let url = request?.url.source.lowercased() ?? ""
        let speaksHTTP2 = request?.version == .two
        request?.connection = section.connectionUse(
            usesTLS: url.hasPrefix("$") ? nil : url.hasPrefix("https:"),
            speaksHTTP2: speaksHTTP2)
        let reader = HTTPExpectationReader(problems)
        let expectation = section.value("expect").flatMap(reader.read) ?? HTTPExpectation()
        return request.map { .http($0, expectation) }
    }

    /// What a good answer also has, or it is a degraded one.
    func degraded(_ section: Section) -> HTTPExpectation? {
        guard let value = section.value("degraded"),
            let degraded = Section(value, .degraded, problems)
        else { return nil }
        var expectation = degraded.value("unless").flatMap(HTTPExpectationReader(problems).read)
        // What `expect` allows has passed already.
        if expectation?.status.isEmpty == true {
            expectation?.status = (1...5).map { .hundreds($0) }
        }
        return expectation
    }
}
