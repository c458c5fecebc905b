// The JSON body of a POST, read strictly: what is not understood is an error, because a command
// that was half understood at 3 a.m. is worse than one that was refused.

import FoundationEssentials
import WatchCore

struct CommandBody: Sendable {
    private let members: [String: JSONValue]

    /// The most that is read of a body.
    static let limit = 64 * 1024
    /// The most of one text in it.
    static let longestText = 2000

    /// An empty body is an empty object.
    init(_ bytes: [UInt8], allowed: Set<String>) throws(RequestProblem) {
        guard !bytes.isEmpty else {
            members = [:]
            return
        }
        let value: JSONValue
        do {
            value = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        } catch {
            throw RequestProblem("the body is not valid JSON")
        }
        guard case .object(let members) = value else {
            throw RequestProblem("the body must be a JSON object, and is \(value.kindName)")
        }
        for name in members.keys.sorted() where !allowed.contains(name) {
            throw .unknown(name, of: Array(allowed), what: "field")
        }
        self.members = members
    }

    func text(_ name: String) throws(RequestProblem) -> String? {
        switch members[name] {
        case nil, .null: return nil
        case .string(let text):
            guard text.utf8.count <= Self.longestText else {
                throw RequestProblem("\(name) is longer than \(Self.longestText) bytes")
            }
            return text.isEmpty ? nil : text
        case .some(let other): throw wrong(name, other, "a string")
        }
    }

    func required(_ name: String, example: String) throws(RequestProblem) -> String {
        guard let text = try text(name) else {
            throw RequestProblem("\(name) is missing, for instance \"\(name)\": \"\(example)\"")
        }
        return text
    }

    /// A version, a commit, a name: becomes an argument of programs later.
    func identifier(_ name: String) throws(RequestProblem) -> String? {
        guard let text = try text(name) else { return nil }
        return try Self.checked(text, name)
    }

    func flag(_ name: String) throws(RequestProblem) -> Bool {
        switch members[name] {
        case nil, .null: return false
        case .bool(let value): return value
        case .some(let other): throw wrong(name, other, "true or false")
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(RequestProblem) -> Int? {
        switch members[name] {
        case nil, .null: return nil
        case .number(let number):
            guard let value = Int(exactly: number), range.contains(value) else {
                throw RequestProblem(
                    "\(name) must be a whole number from \(range.lowerBound) to "
                        + "\(range.upperBound)")
            }
            return value
        case .some(let other): throw wrong(name, other, "a number")
        }
    }

    func duration(_ name: String) throws(RequestProblem) -> Duration? {
        guard let text = try text(name) else { return nil }
        guard let duration = Duration(text: text), duration > .zero else {
            throw RequestProblem(
                "\(name) '\(printable(text, limit: 40))' is no duration; write 30m or 2h")
        }
        return duration
    }

    func severity(_ name: String) throws(RequestProblem) -> Severity {
        let text = try required(name, example: "high")
        guard let severity = Severity(rawValue: text) else {
            throw .unknown(text, of: Severity.allCases.map(\.rawValue), what: "severity")
        }
        return severity
    }

    /// Captured values by name, at most 64; each becomes a variable of plans.
    func fields(_ name: String) throws(RequestProblem) -> [String: String] {
        switch members[name] {
        case nil, .null: return [:]
        case .object(let values):
            guard values.count <= 64 else { throw RequestProblem("\(name): more than 64 values") }
            var fields: [String: String] = [:]
            for (key, value) in values {
                guard let text = value.scalarText else {
                    throw wrong("\(name).\(key)", value, "a string")
                }
                fields[try Self.checked(key, name)] = try Self.checked(text, "\(name).\(key)")
            }
            return fields
        case .some(let other): throw wrong(name, other, "an object")
        }
    }

    static func checked(_ text: String, _ name: String) throws(RequestProblem) -> String {
        guard Identifier.isValid(text) else {
            throw RequestProblem("\(printable(name, limit: 80)): \(Identifier.refusal(text))")
        }
        return text
    }

    private func wrong(_ name: String, _ value: JSONValue, _ wanted: String) -> RequestProblem {
        RequestProblem("\(printable(name, limit: 80)) must be \(wanted), and is \(value.kindName)")
    }
}
