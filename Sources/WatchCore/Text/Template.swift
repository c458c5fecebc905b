// Text with `${…}` in it: secrets, which are read when they are needed and never stored, and
// variables of a plan (`${to.version}`), which get their values when a rollback begins.

/// Where a secret is kept. The configuration names it, never holds it.
public enum SecretReference: Hashable, Sendable, Codable, CustomStringConvertible {
    /// systemd's `LoadCredential=`: a file in `$CREDENTIALS_DIRECTORY`.
    case credential(String)
    /// A file; one trailing newline is not part of the secret.
    case file(String)
    /// A variable of the daemon's environment.
    case environment(String)

    public var description: String {
        switch self {
        case .credential(let name): "${credential:\(name)}"
        case .file(let path): "${file:\(path)}"
        case .environment(let name): "${env:\(name)}"
        }
    }
}

/// Why a secret could not be had, as a sentence that names the reference and the remedy.
public struct SecretError: Error, Hashable, Sendable {
    public var message: String
    public init(message: String) { self.message = message }
}

/// Whoever can read secrets. The live program reads files, tests have a dictionary.
public protocol SecretSource: Sendable {
    func secret(_ reference: SecretReference) throws(SecretError) -> String
}

/// A text with placeholders, parsed once when the configuration is read.
public struct Template: Hashable, Sendable, Codable {
    public enum Part: Hashable, Sendable {
        case literal(String)
        case secret(SecretReference)
        case variable(String)
    }

    /// Why a text is no template; `offset` counts characters from its start.
    public struct ParseError: Error, Hashable, Sendable {
        public var offset: Int
        public var message: String
    }

    /// Why a template could not be filled in.
    public enum RenderError: Error, Hashable, Sendable {
        case noValue(variable: String)
        case secret(SecretError)
    }

    /// The text as it was written: what may be shown, since it holds no secret.
    public let source: String
    public let parts: [Part]

    public init(_ source: String) throws(ParseError) {
        self.source = source
        parts = try Self.parse(source)
    }

    /// A template without placeholders.
    public init(literal: String) {
        source = literal
        parts = [.literal(literal)]
    }

    /// The same text with other secrets in it.
    func mapped(_ change: (SecretReference) -> SecretReference) -> Template {
        Template(
            parts: parts.map { part in
                if case .secret(let reference) = part { .secret(change(reference)) } else { part }
            })
    }

    /// The same text with some variables replaced.
    func filled(_ values: [String: String]) -> Template {
        var parts: [Part] = []
        for part in self.parts {
            var next = part
            if case .variable(let name) = part, let value = values[name] { next = .literal(value) }
            if case .literal(let text) = next, case .literal(let before)? = parts.last {
                parts[parts.count - 1] = .literal(before + text)
            } else {
                parts.append(next)
            }
        }
        return Template(parts: parts)
    }

    private init(parts: [Part]) {
        self.parts = parts
        source = parts.map { part in
            switch part {
            case .literal(let text): text
            case .secret(let reference): reference.description
            case .variable(let name): "${\(name)}"
            }
        }.joined()
    }

    /// The text, if nothing in it is a placeholder.
    public var literal: String? {
        guard parts.count == 1, case .literal(let text) = parts[0] else { return nil }
        return text
    }

    public var secrets: [SecretReference] {
        parts.compactMap { if case .secret(let reference) = $0 { reference } else { nil } }
    }

    public var variables: [String] {
        parts.compactMap { if case .variable(let name) = $0 { name } else { nil } }
    }

    /// The text with every placeholder replaced.
    /// - Throws: `RenderError` for a variable without a value or a secret that cannot be read.
    public func render(
        variables: [String: String] = [:], secrets: any SecretSource
    ) throws(RenderError) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .variable(let name):
                guard let value = variables[name] else { throw .noValue(variable: name) }
                text += value
            case .secret(let reference):
                do {
                    text += try secrets.secret(reference)
                } catch {
                    throw .secret(error)
                }
            }
        }
        return text
    }

    private static func parse(_ source: String) throws(ParseError) -> [Part] {
        var parts: [Part] = []
        var literal = ""
        var rest = Substring(source)
        while let character = rest.first {
            guard rest.hasPrefix("${") else {
                literal.append(character)
                rest.removeFirst()
                continue
            }
            let offset = source.distance(from: source.startIndex, to: rest.startIndex)
            guard let end = rest.firstIndex(of: "}") else {
                throw ParseError(offset: offset, message: "'${' without a closing '}'")
            }
            let name = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
            parts.append(try placeholder(String(name), at: offset))
            rest = rest[rest.index(after: end)...]
        }
        if !literal.isEmpty || parts.isEmpty { parts.append(.literal(literal)) }
        return parts
    }

    private static func placeholder(_ name: String, at offset: Int) throws(ParseError) -> Part {
        guard let colon = name.firstIndex(of: ":") else {
            let good = name.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0))
            }
            guard good, !name.isEmpty else {
                throw ParseError(
                    offset: offset,
                    message: "'${\(name)}' is no variable: names are letters, digits, '.', '_', '-'"
                )
            }
            return .variable(name)
        }
        let kind = String(name[..<colon])
        let value = String(name[name.index(after: colon)...])
        guard !value.isEmpty else {
            throw ParseError(offset: offset, message: "'${\(name)}' names nothing after '\(kind):'")
        }
        switch kind {
        case "credential":
            guard !value.contains("/"), value != ".", value != ".." else {
                throw ParseError(
                    offset: offset,
                    message:
                        "'\(value)' is no credential name: use what stands left of ':' "
                        + "in LoadCredential="
                )
            }
            return .secret(.credential(value))
        case "file": return .secret(.file(value))
        case "env": return .secret(.environment(value))
        default:
            throw ParseError(
                offset: offset,
                message: "'\(kind):' is no kind of secret: use credential:, file: or env:")
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode(String.self))
        } catch let error as ParseError {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: error.message)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(source)
    }
}
