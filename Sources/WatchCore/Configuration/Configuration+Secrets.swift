// Every secret that is named anywhere: none of them may be stored with what others said.

extension Configuration {
    public var secrets: Set<SecretReference> {
        var templates: [Template] = []
        for service in services {
            for probe in service.probes {
                templates += probe.kind.templates
            }
            for source in service.version {
                switch source.kind {
                case .http(let request, _): templates += request.templates
                case .symlink, .file, .command: break
                }
            }
            for stream in service.streams { templates += stream.kind.templates }
            templates += service.assess.flatMap(\.action.templates)
        }
        for plan in plans {
            let asked = plan.actions.flatMap(\.templates)
            templates += asked + (plan.drill.map { asked.map($0.template) } ?? [])
        }
        for channel in channels {
            switch channel.kind {
            case .slack(let url): templates.append(url)
            case .webhook(let url, let secret): templates += [url] + (secret.map { [$0] } ?? [])
            }
        }
        return Set(templates.flatMap(\.secrets))
    }
}

extension ProbeConfiguration.Kind {
    fileprivate var templates: [Template] {
        switch self {
        case .http(let request, _): request.templates
        case .tcp(let check): check.send.map { [$0] } ?? []
        case .grpc(let check): check.headers.map(\.value)
        case .exec(let check): check.environment.map(\.value)
        case .prometheus(let check): check.request.templates
        case .journey(let journey): journey.steps.flatMap(\.request.templates)
        // Its journey has them.
        case .tls, .dns, .unit, .step: []
        }
    }
}

extension StreamConfiguration.Kind {
    fileprivate var templates: [Template] {
        switch self {
        case .drain(let listener): listener.templates
        case .syslog(let listener): listener.templates
        case .file, .files, .journal, .command: []
        }
    }
}

extension HTTPRequestSpec {
    /// Everything in which placeholders are filled in.
    public var templates: [Template] {
        [url, body, proxy, clientCertificate?.key, basic?.user, basic?.password]
            .compactMap { $0 } + (headers + form).map(\.value)
    }
}
