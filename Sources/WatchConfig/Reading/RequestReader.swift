// How one HTTP request is made; the same keys for probes and for version sources.

import WatchCore

extension Section {
    /// - Parameters:
    ///   - urlKey: the key of the URL.
    ///   - bodyAsJSON: the key whose YAML tree becomes a JSON body, where there is one.
    ///   - verb: the key that names method and URL at once, if not `urlKey`.
    func request(
        url urlKey: String = "http", bodyAsJSON: String? = nil, verb: String? = nil
    ) -> HTTPRequestSpec? {
        var spec = HTTPRequestSpec(url: Template(literal: ""))
        spec.body = body(bodyAsJSON)
        spec.form = form()
        let hasBody = spec.body != nil || has("form")
        spec.method = verb.map { method(ofVerb: $0, hasBody) } ?? requestMethod(hasBody: hasBody)
        spec.headers = headers(isJSON: bodyAsJSON.map(has) ?? false) + bearer()
        spec.basic = login()
        checkAuthorization()
        spec.redirects = integer("redirects", spec.redirects)
        spec.caFile = has("ca_file") ? path("ca_file") : nil
        spec.verifyTLS = verifiesTLS(caFile: spec.caFile)
        spec.clientCertificate = clientCertificate()
        spec.maxBody = integer("max_body", spec.maxBody)
        spec.version = choice("http_version", as: HTTPRequestSpec.Version.self) ?? spec.version
        readRoute(into: &spec)
        guard let url = url(verb ?? urlKey) else { return nil }
        spec.url = url
        return spec
    }

    private func requestMethod(hasBody: Bool) -> String {
        guard let text = text("method") else { return hasBody ? "POST" : "GET" }
        guard case .choice(let all)? = table.key("method")?.shape, !all.contains(text) else {
            if hasBody { refuseBody(of: text, place("method"), "method: POST") }
            return text
        }
        problems.error(
            place("method"), "'\(printable(text, limit: 40))' is no method",
            "write one of \(all.joined(separator: ", "))")
        return "GET"
    }

    private func method(ofVerb verb: String, _ hasBody: Bool) -> String {
        let method = verb.uppercased()
        if let place = keyPlace("method") {
            problems.error(
                place, "'\(verb)' says the method already", "remove 'method', or write http: URL")
        }
        if hasBody { refuseBody(of: method, keyPlace(verb) ?? place, "post: URL") }
        return method
    }

    private func refuseBody(of method: String, _ place: Place, _ other: String) {
        guard ["GET", "HEAD"].contains(method) else { return }
        problems.error(
            place, "a \(method) request has no body", "remove the body, or write \(other)")
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
                let value = Templates.template(entry.value, variables, problems)
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

    // MARK: - Bodies

    private func body(_ jsonKey: String?) -> Template? {
        let given = self.given(["body", "form"] + (jsonKey.map { [$0] } ?? []))
        if given.count > 1 {
            problems.error(
                keyPlace(given[1]) ?? place,
                "\(given.map { "'\($0)'" }.joined(separator: " and ")) are both given",
                "keep one of them")
        }
        if let jsonKey, let tree = value(jsonKey) {
            return JSONBody(variables, problems).template(tree)
        }
        return template("body")
    }

    private func form() -> [HTTPRequestSpec.Header] {
        guard table.key("form") != nil else { return [] }
        return named("form").compactMap { entry in
            guard let text = entry.value.text else {
                problems.error(
                    entry.value.place, "a field of a form is one value",
                    "write NAME: VALUE, or a body of JSON with json:")
                return nil
            }
            // Nothing at all is a value of a form, too.
            if text.isEmpty || entry.value.isNull {
                return HTTPRequestSpec.Header(name: entry.key, value: Template(literal: ""))
            }
            return Templates.template(entry.value, variables, problems).map {
                HTTPRequestSpec.Header(name: entry.key, value: $0)
            }
        }
    }

    // MARK: - Who asks

    private func bearer() -> [HTTPRequestSpec.Header] {
        guard let token = template("bearer") else { return [] }
        guard let value = try? Template("Bearer " + token.source) else { return [] }
        return [HTTPRequestSpec.Header(name: "Authorization", value: value)]
    }

    private func login() -> HTTPRequestSpec.Login? {
        guard let value = value("basic"), var login = Section(value, .login, problems) else {
            return nil
        }
        login.variables = variables
        let user = login.template("user")
        let password = login.template("password")
        guard let user, let password else { return nil }
        if password.secrets.isEmpty, password.variables.isEmpty {
            problems.error(
                login.place("password"), "a password is not written in this file",
                "name where it is kept: password: \"${credential:NAME}\"")
            problems.hide(password.source, at: login.place("password"))
        }
        return HTTPRequestSpec.Login(user: user, password: password)
    }

    private func checkAuthorization() {
        var given = self.given(["bearer", "basic"])
        if names("headers").contains(where: { $0.lowercased() == "authorization" }) {
            given.insert("headers", at: 0)
        }
        guard given.count > 1 else { return }
        problems.error(
            keyPlace(given[1]) ?? place, "the header 'Authorization' is given twice",
            "keep one of \(given.joined(separator: " and "))")
    }

    private func clientCertificate() -> HTTPRequestSpec.ClientCertificate? {
        guard let value = value("client_certificate"),
            let section = Section(value, .clientCertificate, problems)
        else { return nil }
        let certificate = section.path("certificate")
        guard let key = section.template("key"), let certificate else { return nil }
        if key.secrets.isEmpty, section.path("key") == nil { return nil }
        return HTTPRequestSpec.ClientCertificate(certificate: certificate, key: key)
    }

    // MARK: - Which way

    private func readRoute(into spec: inout HTTPRequestSpec) {
        spec.proxy = proxy()
        spec.unixSocket = has("unix_socket") ? path("unix_socket") : nil
        spec.family = choice("ip", as: HTTPRequestSpec.Family.self)
        if let text = text("resolve", limit: 60) {
            spec.address = Endpoints.canonical(text[...])
            if spec.address == nil {
                problems.error(
                    place("resolve"), "'\(printable(text, limit: 60))' is no address",
                    "write the address that is asked for the URL's host, as in 192.0.2.10")
            }
        }
        for (key, others) in [
            ("unix_socket", ["proxy", "resolve", "ip"]), ("proxy", ["resolve", "ip"]),
            ("resolve", ["ip"]),
        ] where has(key) {
            for other in given(others) {
                problems.error(
                    keyPlace(other) ?? place, "'\(other)' means nothing with '\(key)'",
                    "remove one of them")
            }
        }
    }

    private func proxy() -> Template? {
        guard let template = template("proxy", .none) else { return nil }
        guard case .literal(let text)? = template.parts.first else { return template }
        let schemes = ["http://", "https://", "socks5://", "socks5h://"]
        guard schemes.contains(where: { text.lowercased().hasPrefix($0) }) else {
            problems.error(
                place("proxy"), "'\(printable(template.source, limit: 60))' is no URL of a proxy",
                "begin it with \(schemes.joined(separator: ", "))")
            return nil
        }
        return template
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
