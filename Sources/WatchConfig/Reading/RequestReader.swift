// How one HTTP request is made; the same keys for probes and for version sources.

import WatchCore

extension Section {
    /// - Parameter bodyAsJSON: the key whose YAML tree becomes a JSON body, where there is one.
    func request(bodyAsJSON: String? = nil) -> HTTPRequestSpec? {
        let standard = HTTPRequestSpec(url: Template(literal: ""))
        let body = body(bodyAsJSON)
        let method = requestMethod(hasBody: body != nil)
        let headers = headers(isJSON: bodyAsJSON.map(has) ?? false)
        let redirects = integer("redirects", standard.redirects)
        let caFile = has("ca_file") ? path("ca_file") : nil
        let verify = verifiesTLS(caFile: caFile)
        let maxBody = integer("max_body", standard.maxBody)
        guard let url = url("http") else { return nil }
        return HTTPRequestSpec(
            method: method, url: url, headers: headers, body: body, redirects: redirects,
            caFile: caFile, verifyTLS: verify, maxBody: maxBody)
    }

    private func requestMethod(hasBody: Bool) -> String {
        guard let text = text("method") else { return hasBody ? "POST" : "GET" }
        guard case .choice(let all)? = table.key("method")?.shape, !all.contains(text) else {
            if hasBody, ["GET", "HEAD"].contains(text) {
                problems.error(
                    place("method"), "a \(text) request has no body",
                    "remove the body, or write method: POST")
            }
            return text
        }
        problems.error(
            place("method"), "'\(printable(text, limit: 40))' is no method",
            "write one of \(all.joined(separator: ", "))")
        return "GET"
    }

    func headers(isJSON: Bool = false) -> [HTTPRequestSpec.Header] {
        var headers: [HTTPRequestSpec.Header] = []
        for entry in named("headers") {
            guard HeaderName.isValid(entry.key) else {
                problems.error(
                    entry.keyPlace, "'\(printable(entry.key, limit: 60))' is no header name",
                    "header names are letters, digits and '-'")
                continue
            }
            if headers.contains(where: { $0.name.lowercased() == entry.key.lowercased() }) {
                problems.error(
                    entry.keyPlace, "the header '\(entry.key)' is given twice", "keep one of them")
            }
            guard Scalars.text(entry.value, entry.key, limit: 8192, problems) != nil,
                let value = Templates.template(entry.value, variables: false, problems)
            else { continue }
            guard !value.source.unicodeScalars.contains(where: { $0.value < 32 }) else {
                problems.error(
                    entry.value.place, "a header's value is one line", "remove the line break")
                continue
            }
            headers.append(HTTPRequestSpec.Header(name: entry.key, value: value))
        }
        if isJSON, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            headers.append(
                HTTPRequestSpec.Header(
                    name: "Content-Type", value: Template(literal: "application/json")))
        }
        return headers
    }

    private func body(_ jsonKey: String?) -> Template? {
        if let jsonKey, let tree = value(jsonKey) {
            if has("body") {
                problems.error(
                    tree.place, "'body' and '\(jsonKey)' are both given", "keep one of them")
            }
            return JSONBody(problems).template(tree)
        }
        return template("body")
    }
}

enum HeaderName {
    /// A token of RFC 9110 §5.6.2.
    static func isValid(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                    || "!#$%&'*+-.^_`|~".utf8.contains($0)
            }
    }
}
