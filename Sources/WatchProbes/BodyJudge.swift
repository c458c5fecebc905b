// Whether a text from outside, a body or what a program printed, says what it should.

package import WatchCore

package struct BodyJudge: Sendable {
    let json: [HTTPExpectation.JSONField]
    let contains: String?
    let matches: String?
    let redactor: Redactor

    package init(
        json: [HTTPExpectation.JSONField], contains: String?, matches: String?,
        redactor: Redactor
    ) {
        self.json = json
        self.contains = contains
        self.matches = matches
        self.redactor = redactor
    }

    /// The first expectation that does not hold, in a sentence; nil when all do.
    /// - Parameter name: what the text is called; `description` shows some of it.
    package func complaint(
        _ text: [UInt8], called name: String, description: () -> String
    ) throws(PatternFailure) -> String? {
        if !json.isEmpty {
            guard let values = JSONValue.values(at: json.map(\.path), in: text) else {
                return "\(name) is not JSON (\(description()))"
            }
            for (field, value) in zip(json, values) {
                if let complaint = try ComparisonJudge(redactor: redactor).complaint(
                    field.path.description, value, field.comparison)
                {
                    return complaint
                }
            }
        }
        if let wanted = contains, !text.contains(text: wanted) {
            return "\(name) does not contain '\(redactor.excerpt(wanted))' (\(description()))"
        }
        if let pattern = matches {
            guard try PatternMatch.first(of: pattern, in: text) != nil else {
                return "\(name) does not match '\(redactor.excerpt(pattern))' (\(description()))"
            }
        }
        return nil
    }
}

extension [UInt8] {
    /// Bytes are compared, so that a body in whatever encoding can be searched.
    func contains(text: String) -> Bool {
        let needle = Array(text.utf8)
        guard let first = needle.first else { return true }
        var rest = self[...]
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: needle) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
