// The version, the commit and other fields in a JSON document, whoever gave it.

import WatchCore

struct JSONVersion: Sendable {
    let paths: [String: JSONPath]
    let redactor: Redactor

    func answer(in document: JSONValue) -> VersionReading.Answer {
        guard let path = paths["version"] else {
            return .unavailable("no path for the version is configured")
        }
        guard let found = document[path], found != .null else {
            return .unavailable("\(path) is missing")
        }
        guard let version = Self.text(found) else {
            return .unavailable(
                "\(path) is \(found.kindName) that cannot be read as a version; make it a string")
        }
        guard Identifier.isValid(version) else { return .checked(version, redactor: redactor) }
        var values: [String: String] = [:]
        for (name, path) in paths where name != "version" {
            guard let found = document[path], found != .null else { continue }
            let text = Self.text(found)
            if let text, Identifier.isValid(text) {
                values[name] = text
            } else if name == "commit" {
                // Half an identity would match too much: a missing commit equals any.
                return .unavailable(
                    "the commit is not usable: "
                        + Identifier.refusal(redactor.redact(text ?? found.kindName)))
            }
        }
        let commit = values.removeValue(forKey: "commit")
        return .version(version, commit: commit, fields: values)
    }

    /// Strings and whole numbers. A number with a fraction has lost what made it a version: 1.10
    /// reads as 1.1.
    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .number(let number) where number == number.rounded(): value.scalarText
        case .number, .bool, .null, .array, .object: nil
        }
    }
}
