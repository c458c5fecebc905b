// What a program printed, judged by the same rules as the body of an answer; for steps of plans.

package import WatchCore
import WatchHTTP

package struct OutputJudge: Sendable {
    private let body: BodyJudge
    private let redactor: Redactor

    package init(
        json: [HTTPExpectation.JSONField] = [], contains: String? = nil, matches: String? = nil,
        redactor: Redactor
    ) {
        body = BodyJudge(json: json, contains: contains, matches: matches, redactor: redactor)
        self.redactor = redactor
    }

    /// The first expectation that does not hold, in a sentence; nil when all do.
    package func complaint(_ output: [UInt8]) -> String? {
        do {
            return try body.complaint(output, called: "what it printed") {
                output.isEmpty ? "it is empty" : "'\(redactor.excerpt(body: output))'"
            }
        } catch {
            return error.message
        }
    }

    /// Of one value; nil: there is none.
    package func complaint(
        _ name: String, _ value: JSONValue?, _ comparison: HTTPExpectation.Comparison
    ) -> String? {
        do {
            return try ComparisonJudge(redactor: redactor).complaint(name, value, comparison)
        } catch {
            return error.message
        }
    }

    package struct Problem: Error, Sendable {
        package var message: String
    }

    /// What is to be saved of it, by name.
    package static func values(
        _ wanted: [JourneyCheck.Saved], in output: [UInt8]
    ) -> Result<[String: String], Problem> {
        let saved = SavedValues(wanted, in: HTTPResponse(body: output), jar: [])
        if let problem = saved.problem { return .failure(Problem(message: problem)) }
        return .success(Dictionary(saved.found.map { ($0.name, $0.value) }) { $1 })
    }
}
