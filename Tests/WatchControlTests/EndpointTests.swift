import Foundation
import Testing

@testable import WatchControl

@Suite struct EndpointTests {
    @Test func theDescriptionAndTheProgramKnowTheSameAddresses() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appendingPathComponent("docs/openapi.yaml"), encoding: .utf8)
        var path = ""
        var count = 0
        for line in text.split(separator: "\n") {
            if line.hasPrefix("  /"), line.hasSuffix(":") {
                path = String(line.dropFirst(2).dropLast().filter { $0 != "{" && $0 != "}" })
            }
            for (key, method) in [
                ("    get:", "GET"), ("    post:", "POST"), ("    delete:", "DELETE"),
            ]
            where line.hasPrefix(key) {
                count += 1
                guard case .found = Endpoint.match(method: method, path: path) else {
                    Issue.record("\(method) \(path) is described and unknown")
                    continue
                }
            }
        }
        #expect(count == 43)
    }

    @Test func namesMayHoldWhateverPercentEncodingCanSay() {
        #expect(
            Endpoint.match(method: "GET", path: "/v1/services/a%2Fb/triggers/5xx%20%C3%A9/explain")
                == .found(.explain(service: "a/b", trigger: "5xx é")))
        for path in ["/v1/services/%", "/v1/services/%f", "/v1/services/%ff", "v1/status", ""] {
            #expect(Endpoint.match(method: "GET", path: path) == .badPath, "\(path)")
        }
    }

    @Test func emptyPartsAndDotsAreNoShortcuts() {
        for path in ["/v1//status", "/v1/services/", "/v1/services/shop/../../status", "//"] {
            #expect(Endpoint.match(method: "GET", path: path) == .notFound, "\(path)")
        }
    }
}
