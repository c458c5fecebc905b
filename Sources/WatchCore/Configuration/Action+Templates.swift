// An action with other texts in it: what a drill does differs from the real thing in nothing else.

extension Action {
    /// The same with every text in which placeholders are filled in replaced.
    func mapped(_ change: (Template) -> Template) -> Action {
        switch self {
        case .exec(let arguments, let settings):
            .exec(arguments.map(change), settings.map { $0.mapped(change) })
        case .unit(let name, let with): .unit(name: name, with: with.map(change))
        case .http(let call): .http(call.mapped(change))
        case .sql(let query): .sql(query.mapped(change))
        case .wait(let duration): .wait(duration)
        case .manual(let text): .manual(change(text))
        }
    }
}

extension ProgramSettings {
    fileprivate func mapped(_ change: (Template) -> Template) -> ProgramSettings {
        var settings = self
        for place in environment.indices {
            settings.environment[place].value = change(environment[place].value)
        }
        settings.input = input.map(change)
        settings.directory = directory.map(change)
        return settings
    }
}

extension HTTPCall {
    fileprivate func mapped(_ change: (Template) -> Template) -> HTTPCall {
        var call = self
        call.request = request.mapped(change)
        call.poll?.request = (poll?.request ?? request).mapped(change)
        return call
    }
}

extension SQLQuery {
    fileprivate func mapped(_ change: (Template) -> Template) -> SQLQuery {
        var query = self
        query.connection = connection.map(change)
        query.text = change(text)
        return query
    }
}

extension HTTPRequestSpec {
    fileprivate func mapped(_ change: (Template) -> Template) -> HTTPRequestSpec {
        func headers(_ headers: [Header]) -> [Header] {
            headers.map { Header(name: $0.name, value: change($0.value)) }
        }
        var request = self
        request.url = change(url)
        request.headers = headers(self.headers)
        request.body = body.map(change)
        request.form = headers(form)
        request.proxy = proxy.map(change)
        request.basic = basic.map { Login(user: change($0.user), password: change($0.password)) }
        request.clientCertificate = clientCertificate.map {
            ClientCertificate(certificate: $0.certificate, key: change($0.key))
        }
        return request
    }
}
