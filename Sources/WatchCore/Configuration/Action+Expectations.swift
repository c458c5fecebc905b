// What a plan expects of an answer may name its variables, as in `$.deployment: "${to.version}"`.
// They are filled in when the answer is judged, like those of what was asked.

/// A text of an expectation.
private enum Expected {
    case text(String)
    /// A PCRE2 pattern, in which a value stands for itself.
    case pattern(String)

    var source: String {
        switch self {
        case .text(let text), .pattern(let text): text
        }
    }

    /// nil: nothing is to be filled in. (A text of an older configuration may be no template.)
    var template: Template? {
        guard source.contains("${"), let template = try? Template(source),
            !template.variables.isEmpty
        else { return nil }
        return template
    }

    /// What has no value stays as it is.
    func filled(_ variables: [String: String]) -> String {
        guard let template else { return source }
        switch self {
        case .text: return template.filled(variables).source
        case .pattern: return template.filled(variables.mapValues(Self.quoted)).source
        }
    }

    /// pcre2pattern(3): a backslash before what is neither letter nor digit takes its meaning.
    private static func quoted(_ value: String) -> String {
        value.map { character in
            let isPlain = !character.isASCII || character.isLetter || character.isNumber
            return isPlain || character == "_" ? "\(character)" : "\\\(character)"
        }.joined()
    }
}

extension Action {
    /// What is compared with its answer.
    public var expectedTemplates: [Template] {
        switch self {
        case .exec(_, let settings): settings?.expectedTemplates ?? []
        case .http(let call): call.expectedTemplates
        case .sql(let query): query.expectation.expectedTemplates
        case .unit, .wait, .manual: []
        }
    }
}

extension ProgramSettings {
    public func filled(_ variables: [String: String]) -> ProgramSettings {
        mapped { $0.filled(variables) }
    }

    fileprivate var expectedTemplates: [Template] {
        collected { take in _ = mapped(take) }
    }

    private func mapped(_ change: (Expected) -> String) -> ProgramSettings {
        var other = self
        other.json = json.map { $0.mapped(change) }
        other.contains = contains.map { change(.text($0)) }
        other.matches = matches.map { change(.pattern($0)) }
        return other
    }
}

extension HTTPCall {
    /// Also the poll's, which may use what the answer gave besides.
    public var expectedTemplates: [Template] {
        expectation.expectedTemplates + (poll?.expectedTemplates ?? [])
    }
}

extension HTTPCall.Poll {
    public var expectedTemplates: [Template] {
        until.expectedTemplates + (failed?.expectedTemplates ?? [])
    }
}

extension SQLQuery.Expectation {
    public func filled(_ variables: [String: String]) -> SQLQuery.Expectation {
        mapped { $0.filled(variables) }
    }

    fileprivate var expectedTemplates: [Template] {
        collected { take in _ = mapped(take) }
    }

    private func mapped(_ change: (Expected) -> String) -> SQLQuery.Expectation {
        switch self {
        case .any, .same: self
        case .rows(let rows): .rows(rows.map { change(.text($0)) })
        case .value(let comparison): .value(comparison.mapped(change))
        }
    }
}

extension HTTPExpectation {
    public func filled(_ variables: [String: String]) -> HTTPExpectation {
        mapped { $0.filled(variables) }
    }

    public var expectedTemplates: [Template] {
        collected { take in _ = mapped(take) }
    }

    private func mapped(_ change: (Expected) -> String) -> HTTPExpectation {
        var other = self
        other.headers = headers.map {
            HeaderField(name: $0.name, comparison: $0.comparison.mapped(change))
        }
        other.json = json.map { $0.mapped(change) }
        other.contains = contains.map { change(.text($0)) }
        other.matches = matches.map { change(.pattern($0)) }
        return other
    }
}

extension HTTPExpectation.JSONField {
    fileprivate func mapped(_ change: (Expected) -> String) -> HTTPExpectation.JSONField {
        HTTPExpectation.JSONField(path: path, comparison: comparison.mapped(change))
    }
}

extension HTTPExpectation.Comparison {
    fileprivate func mapped(_ change: (Expected) -> String) -> HTTPExpectation.Comparison {
        switch self {
        case .equals(let value): .equals(value.mapped(change))
        case .notEquals(let value): .notEquals(value.mapped(change))
        case .contains(let text): .contains(change(.text(text)))
        case .matches(let pattern): .matches(change(.pattern(pattern)))
        case .less, .lessOrEqual, .greater, .greaterOrEqual, .exists, .absent, .semver: self
        }
    }
}

extension JSONValue {
    fileprivate func mapped(_ change: (Expected) -> String) -> JSONValue {
        switch self {
        case .null, .bool, .number: self
        case .string(let text): .string(change(.text(text)))
        case .array(let items): .array(items.map { $0.mapped(change) })
        case .object(let members): .object(members.mapValues { $0.mapped(change) })
        }
    }
}

/// The templates among the texts that `visit` hands over.
private func collected(_ visit: ((Expected) -> String) -> Void) -> [Template] {
    var found: [Template] = []
    visit { expected in
        if let template = expected.template { found.append(template) }
        return expected.source
    }
    return found
}
