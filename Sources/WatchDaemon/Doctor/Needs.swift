// What a configuration needs of the host, each thing once, with who needs it.

import WatchCore

struct Needs {
    struct Named: Hashable {
        var name: String
        var users: [String]
    }

    struct Secret: Hashable {
        var reference: SecretReference
        var users: [String]
    }

    /// Another host.
    struct Place: Hashable {
        /// `channel`, `request` or `database`.
        var kind: String
        var name: String
        var url: Template
        var users: [String]
    }

    private(set) var programs: [Named] = []
    /// Scripts below `rollback.d`.
    private(set) var units: [Named] = []
    /// In which programs start.
    private(set) var directories: [Named] = []
    private(set) var secrets: [Secret] = []
    private(set) var places: [Place] = []

    init(_ configuration: WatchCore.Configuration) {
        for service in configuration.services { take(service) }
        for plan in configuration.plans {
            for action in configuration.actions(of: plan) {
                take(action, of: "plan \(plan.name)")
            }
        }
        for channel in configuration.channels { take(channel) }
    }

    private mutating func take(_ service: ServiceConfiguration) {
        for probe in service.probes {
            if case .exec(let check) = probe.kind, let path = check.arguments.first {
                add(path, to: \.programs, "\(service.name)/\(probe.name)")
            }
        }
        for stream in service.streams {
            if case .command(let arguments) = stream.kind, let path = arguments.first {
                add(path, to: \.programs, "\(service.name)/\(stream.name)")
            }
        }
        for source in service.version {
            if case .command(let arguments, _) = source.kind, let path = arguments.first {
                add(path, to: \.programs, "\(service.name) version")
            }
        }
        for question in service.assess { take(question.action, of: service.name) }
        let own = WatchCore.Configuration(services: [service]).secrets
        for secret in own.sorted(by: { "\($0)" < "\($1)" }) { add(secret, service.name) }
    }

    private mutating func take(_ action: Action, of user: String) {
        switch action {
        case .exec(let arguments, let settings):
            if let directory = settings?.directory?.literal {
                add(directory, to: \.directories, user)
            }
            // One that is named by a variable is known when a rollback begins.
            if let program = arguments.first, program.variables.isEmpty {
                add(program.source, to: \.programs, user)
            }
        case .unit(let name, _): add(name, to: \.units, user)
        case .http(let call): add("request", call.request.url, user)
        case .sql(let query):
            add("psql", to: \.programs, user)
            if let address = query.connection { add("database", address, user) }
        case .wait, .manual: break
        }
        for secret in action.templates.flatMap(\.secrets) { add(secret, user) }
    }

    private mutating func take(_ channel: ChannelConfiguration) {
        let user = "channel \(channel.name)"
        let templates: [Template]
        switch channel.kind {
        case .slack(let url): templates = [url]
        case .webhook(let url, let secret): templates = [url] + (secret.map { [$0] } ?? [])
        }
        for secret in templates.flatMap(\.secrets) { add(secret, user) }
        places.append(
            Place(kind: "channel", name: channel.name, url: templates[0], users: [user]))
    }

    private mutating func add(_ kind: String, _ url: Template, _ user: String) {
        let name = url.source
        if let index = places.firstIndex(where: { $0.kind == kind && $0.name == name }) {
            if !places[index].users.contains(user) { places[index].users.append(user) }
        } else {
            places.append(Place(kind: kind, name: name, url: url, users: [user]))
        }
    }

    private mutating func add(
        _ name: String, to list: WritableKeyPath<Needs, [Named]>, _ user: String
    ) {
        if let index = self[keyPath: list].firstIndex(where: { $0.name == name }) {
            if !self[keyPath: list][index].users.contains(user) {
                self[keyPath: list][index].users.append(user)
            }
        } else {
            self[keyPath: list].append(Named(name: name, users: [user]))
        }
    }

    private mutating func add(_ reference: SecretReference, _ user: String) {
        if let index = secrets.firstIndex(where: { $0.reference == reference }) {
            if !secrets[index].users.contains(user) { secrets[index].users.append(user) }
        } else {
            secrets.append(Secret(reference: reference, users: [user]))
        }
    }
}
