// Whether an answer is the good one, and if not, in one sentence why not.

package import WatchCore
package import WatchHTTP

package struct ResponseJudge: Sendable {
    let expectation: HTTPExpectation
    let redactor: Redactor

    package init(expectation: HTTPExpectation, redactor: Redactor) {
        self.expectation = expectation
        self.redactor = redactor
    }

    /// The first expectation that does not hold; nil when all do.
    package func complaint(_ response: HTTPResponse) throws(PatternFailure) -> String? {
        if let complaint = try content(response) { return complaint }
        if let complaint = try size(response) { return complaint }
        return times(response.timings)
    }

    private func size(_ response: HTTPResponse) throws(PatternFailure) -> String? {
        let size = JSONValue.number(Double(response.body.count))
        for comparison in expectation.size {
            if let complaint = try comparisons.complaint("the size", size, comparison) {
                return complaint
            }
        }
        return nil
    }

    /// A phase that was not there (no name, no TLS) took no time.
    private func times(_ timings: PhaseTimings) -> String? {
        for limit in expectation.time {
            let (took, doing): (Double?, String) =
                switch limit.phase {
                case .name: (timings.name, "resolving the name")
                case .connect: (timings.connect, "connecting")
                case .tls: (timings.tls, "the TLS handshake")
                case .firstByte: (timings.firstByte, "waiting for the first byte")
                case .body: (timings.body, "reading the answer")
                case .total: (timings.total, "all of it")
                }
            guard let took, took >= limit.below.seconds else { continue }
            let text = Duration(nanoseconds: Int64(took * 1e9)).text
            return "\(doing) took \(text), expected < \(limit.below.text)"
        }
        return nil
    }

    private func content(_ response: HTTPResponse) throws(PatternFailure) -> String? {
        if let complaint = status(response.status) { return complaint }
        if let complaint = try headers(response) { return complaint }
        return try BodyJudge(
            json: expectation.json, contains: expectation.contains, matches: expectation.matches,
            redactor: redactor
        ).complaint(response.body, called: "the body") { described(response) }
    }

    private var comparisons: ComparisonJudge { ComparisonJudge(redactor: redactor) }

    /// Header by header; one that is there several times is a list (RFC 9110 §5.3).
    private func headers(_ response: HTTPResponse) throws(PatternFailure) -> String? {
        for field in expectation.headers {
            let name = field.name.lowercased()
            let values = response.headers.filter { $0.name.lowercased() == name }.map(\.value)
            var found = values.isEmpty ? nil : JSONValue.string(values.joined(separator: ", "))
            if field.comparison.isOfNumbers, let text = values.first, let number = Double(text) {
                found = .number(number)
            }
            if let complaint = try comparisons.complaint(
                "the header \(field.name)", found, field.comparison)
            {
                return complaint
            }
        }
        return nil
    }

    private func status(_ status: Int) -> String? {
        let wanted = expectation.status.isEmpty ? [.hundreds(2)] : expectation.status
        guard !wanted.contains(where: { $0.matches(status) }) else { return nil }
        let names = wanted.map {
            switch $0 {
            case .exactly(let code): "\(code)"
            case .hundreds(let digit): "\(digit)xx"
            }
        }
        return "status \(status), expected \(names.joined(separator: " or "))"
    }

    private func described(_ response: HTTPResponse) -> String {
        redactor.description(of: response)
    }
}

extension HTTPExpectation.Comparison {
    fileprivate var isOfNumbers: Bool {
        switch self {
        case .less, .lessOrEqual, .greater, .greaterOrEqual: true
        case .equals, .notEquals, .exists, .absent, .contains, .matches, .semver: false
        }
    }
}

extension Redactor {
    /// Content type and beginning: `text/html: '<!doctype html>…'`.
    func description(of response: HTTPResponse) -> String {
        let type = response.header("Content-Type").map { excerpt($0, limit: 60) }
        guard !response.body.isEmpty else { return "it is empty" }
        return "\(type ?? "no content type"): '\(excerpt(body: response.body))'"
    }
}
