// HTTP requests and expectations, shared by probes and version sources.

import WatchCore
import WatchPatterns

struct HTTPReader {
    let secrets: SecretPlaces

    func request(_ url: Value, _ fields: Fields) -> HTTPRequestSpec? {
        guard let template = url.template() else { return nil }
        secrets.note(template, at: url)
        Self.checkURL(template, url)
        refuseVariables(template, url)
        var request = HTTPRequestSpec(url: template)
        if let method = fields["method"], let text = method.text {
            request.method = text.uppercased()
            let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
            if !known.contains(request.method) {
                method.error(
                    "'\(printable(text, limit: 20))' is no HTTP method watchd sends",
                    remedy: "use one of \(known.joined(separator: ", "))")
            }
        }
        request.headers = headers(fields["headers"])
        request.body = body(fields, &request)
        request.redirects = fields.int("redirects", 5, 0...20)
        request.caFile = fields["ca_file"]?.path()
        request.verifyTLS = fields.bool("verify_tls", true)
        request.maxBody = fields.int("max_body", 1 << 20, 1024...(64 << 20))
        return request
    }

    private func headers(_ value: Value?) -> [HTTPRequestSpec.Header] {
        guard let value else { return [] }
        return value.entries("headers").compactMap { entry in
            guard let template = entry.value.template() else { return nil }
            secrets.note(template, at: entry.value)
            refuseVariables(template, entry.value)
            return HTTPRequestSpec.Header(name: entry.name, value: template)
        }
    }

    private func body(_ fields: Fields, _ request: inout HTTPRequestSpec) -> Template? {
        if let body = fields["body"], fields.has("json_body") {
            body.error("'body' and 'json_body' are both given", remedy: "keep one of them")
        }
        if let body = fields["body"] {
            let template = body.template()
            secrets.note(template, at: body)
            return template
        }
        guard let json = fields["json_body"] else { return nil }
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            request.headers.append(
                HTTPRequestSpec.Header(
                    name: "Content-Type", value: Template(literal: "application/json")))
        }
        do {
            let template = try Template(JSONText.render(json))
            secrets.note(template, at: json)
            return template
        } catch {
            json.error(error.message)
            return nil
        }
    }

    /// Variables belong to plans; in a probe they would never have a value.
    private func refuseVariables(_ template: Template, _ value: Value) {
        guard let name = template.variables.first else { return }
        value.error(
            "'${\(name)}' has no value here",
            remedy: "secrets are written ${credential:NAME}, ${file:PATH} or ${env:NAME}")
    }

    static func checkURL(_ template: Template, _ value: Value) {
        guard case .literal(let text)? = template.parts.first else { return }
        let lower = text.lowercased()
        guard lower.hasPrefix("http://") || lower.hasPrefix("https://") else {
            value.error(
                "'\(printable(text, limit: 60))' is no http: or https: URL",
                remedy: "write it whole, as in https://shop.example.com/health")
            return
        }
        let rest = text.drop { $0 != ":" }.dropFirst(3)
        let host = rest.prefix { !"/?#".contains($0) }
        let bare = host.split(separator: "@").last.map(String.init) ?? ""
        let name = bare.hasPrefix("[") ? bare : String(bare.prefix { $0 != ":" })
        if name.isEmpty, template.parts.count == 1 {
            value.error("the URL names no host", remedy: "as in http://127.0.0.1:8080/health")
        } else if text.contains(where: { $0.isWhitespace }) {
            value.error("a URL holds no spaces", remedy: "write a space as %20")
        } else if let port = bare.split(separator: ":").last, bare.contains(":"),
            !bare.hasPrefix("["), template.parts.count == 1, UInt16(port).map({ $0 == 0 }) ?? true
        {
            value.error("'\(printable(port, limit: 20))' is no port", remedy: "use 1 to 65535")
        }
    }

    // MARK: - Expectations

    func expectation(_ value: Value?) -> HTTPExpectation {
        var expectation = HTTPExpectation()
        guard let value, let fields = value.fields("expect", .expect) else { return expectation }
        if let status = fields["status"] {
            expectation.status = status.list("status", orSingle: true).compactMap(Self.status)
        }
        if let json = fields["json"] {
            expectation.json = json.entries("expect.json").compactMap(Self.field)
        }
        expectation.contains = fields["contains"]?.text
        if let matches = fields["matches"] { expectation.matches = Self.pattern(matches) }
        return expectation
    }

    static func pattern(_ value: Value) -> String? {
        guard let text = value.text else { return nil }
        do {
            _ = try Pattern(text)
            return text
        } catch {
            value.report.error(
                value.textPlace.moved(by: error.offset), "bad pattern: \(error.message)",
                remedy: "patterns are Perl-compatible; put them in single quotes")
            return nil
        }
    }

    private static func status(_ value: Value) -> HTTPExpectation.Status? {
        guard let text = value.text else { return nil }
        if let code = Int(text), (100...599).contains(code) { return .exactly(code) }
        if text.count == 3, text.lowercased().hasSuffix("xx"),
            let digit = text.first?.wholeNumberValue,
            (1...5).contains(digit)
        {
            return .hundreds(digit)
        }
        value.error(
            "'\(printable(text, limit: 20))' is no status", remedy: "write 200, 2xx or [200, 204]")
        return nil
    }

    private static func field(
        _ entry: (name: String, key: Value, value: Value)
    ) -> HTTPExpectation.JSONField? {
        guard let path = entry.key.jsonPath(), let comparison = comparison(entry.value) else {
            return nil
        }
        return HTTPExpectation.JSONField(path: path, comparison: comparison)
    }

    /// `ok`, `3`, `true`, `"< 100"`, `"!= down"`, `exists`.
    private static func comparison(_ value: Value) -> HTTPExpectation.Comparison? {
        guard let text = value.text else { return nil }
        if text == "exists" { return .exists }
        for sign in ["<=", ">=", "!=", "==", "<", ">"] where text.hasPrefix(sign) {
            let rest = text.dropFirst(sign.count).drop { $0 == " " }
            let operand = scalar(String(rest), isQuoted: false)
            if sign == "==" { return .equals(operand) }
            if sign == "!=" { return .notEquals(operand) }
            guard case .number(let number) = operand else {
                value.error(
                    "'\(sign)' compares numbers, and '\(printable(rest, limit: 40))' is none",
                    remedy: "as in \"< 100\"")
                return nil
            }
            switch sign {
            case "<": return .less(number)
            case "<=": return .lessOrEqual(number)
            case ">": return .greater(number)
            default: return .greaterOrEqual(number)
            }
        }
        let isQuoted = value.textPlace != value.place
        return .equals(scalar(text, isQuoted: isQuoted))
    }

    private static func scalar(_ text: String, isQuoted: Bool) -> JSONValue {
        if isQuoted { return .string(text) }
        if let number = Double(text) { return .number(number) }
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default: return .string(text)
        }
    }
}
