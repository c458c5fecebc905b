// The part of an address after the question mark, read as strictly as a body: a misspelt
// parameter must not silently mean "all".

struct Query: Sendable {
    private(set) var values: [String: String] = [:]

    /// - Parameter text: `after=17&limit=20`, percent-encoded; `+` stands for itself.
    init(_ text: String, allowed: Set<String>) throws(RequestProblem) {
        for part in text.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(pair[0]),
                let value = percentDecoded(pair.count == 2 ? pair[1] : "")
            else { throw RequestProblem("the query is not properly percent-encoded") }
            guard allowed.contains(name) else {
                throw .unknown(name, of: Array(allowed), what: "query parameter")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw RequestProblem("query parameter \(name) is given twice")
            }
        }
    }

    func text(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    func number(_ name: String) throws(RequestProblem) -> Int64? {
        guard let text = values[name] else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw RequestProblem("query parameter \(name) must be a whole number, not negative")
        }
        return number
    }

    func flag(_ name: String) throws(RequestProblem) -> Bool {
        switch values[name] {
        case nil, "0": false
        case "1": true
        default: throw RequestProblem("query parameter \(name) must be 0 or 1")
        }
    }

    /// `limit`, kept between 1 and `most`.
    func limit(default usual: Int, most: Int) throws(RequestProblem) -> Int {
        Int(min(max(try number("limit") ?? Int64(usual), 1), Int64(most)))
    }
}
