// Every secret that is named anywhere: none of them may be stored with what others said.

extension Configuration {
    public var secrets: Set<SecretReference> {
        var templates: [Template] = []
        for service in services {
            for probe in service.probes {
                switch probe.kind {
                case .http(let request, _): templates += request.templates
                }
            }
            for source in service.version {
                switch source.kind {
                case .http(let request, _): templates += request.templates
                case .symlink, .file, .command: break
                }
            }
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

extension HTTPRequestSpec {
    fileprivate var templates: [Template] {
        [url] + headers.map(\.value) + (body.map { [$0] } ?? [])
    }
}
