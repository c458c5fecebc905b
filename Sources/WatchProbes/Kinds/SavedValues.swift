// What a step of a journey or of a plan saves of its answer.

package import WatchCore
package import WatchHTTP

package struct SavedValues {
    /// A header that holds one must still be one that servers take.
    static let limit = 8192

    package private(set) var found: [(name: String, value: String)] = []
    /// Why the first that could not be saved could not, in a sentence; nil: all were.
    package private(set) var problem: String?

    package init(_ wanted: [JourneyCheck.Saved], in response: HTTPResponse, jar: [String]) {
        guard !wanted.isEmpty else { return }
        let document = JSONValue(body: response.body)
        for one in wanted {
            switch Self.value(one.source, response, document, jar) {
            case .found(let value) where value.isEmpty:
                note(one.name, "\(Self.place(one.source)) is empty")
            case .found(let value) where value.utf8.count > Self.limit:
                note(
                    one.name,
                    "\(Self.place(one.source)) is longer than \(Self.limit / 1024) KB")
            case .found(let value): found.append((one.name, value))
            case .missing(let why): note(one.name, why)
            }
        }
    }

    private mutating func note(_ name: String, _ why: String) {
        if problem == nil { problem = "'\(name)' could not be saved: \(why)" }
    }

    private enum Finding {
        case found(String)
        case missing(String)
    }

    private static func place(_ source: JourneyCheck.Saved.Source) -> String {
        switch source {
        case .json(let path): "\(path)"
        case .header(let name): "the header \(printable(name, limit: 60))"
        case .pattern(let pattern): "what '\(printable(pattern, limit: 60))' matches"
        case .cookie(let name): "the cookie \(printable(name, limit: 60))"
        }
    }

    private static func value(
        _ source: JourneyCheck.Saved.Source, _ response: HTTPResponse, _ document: JSONValue?,
        _ jar: [String]
    ) -> Finding {
        switch source {
        case .json(let path):
            guard let document else { return .missing("the body is not JSON, so has no \(path)") }
            guard let value = document[path], value != .null else {
                return .missing("\(path) is missing in the answer")
            }
            guard let text = value.scalarText else {
                return .missing("\(path) is \(value.kindName), not one value")
            }
            if case .number(let number) = value, abs(number) >= 9e15 {
                return .missing("\(path) is a number too large to be read exactly; use pattern:")
            }
            return .found(text)
        case .header(let name):
            guard let value = response.header(name) else {
                return .missing("the answer has no header \(printable(name, limit: 60))")
            }
            return .found(value)
        case .cookie(let name):
            guard let cookie = jar.map(Cookie.init).last(where: { $0.name == name }) else {
                return .missing("there is no cookie \(printable(name, limit: 60))")
            }
            return .found(cookie.value)
        case .pattern(let pattern): return match(pattern, response)
        }
    }

    private static func match(_ pattern: String, _ response: HTTPResponse) -> Finding {
        do {
            guard let text = try PatternMatch.first(of: pattern, in: response.body) else {
                return .missing("the body does not match '\(printable(pattern, limit: 60))'")
            }
            return .found(text)
        } catch {
            return .missing(error.message)
        }
    }
}
