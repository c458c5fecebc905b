// Reads the top level, and keeps what several parts need: the names that exist, and the secrets
// that are referred to.

import WatchCore

struct ConfigurationReader {
    let report: Report
    private(set) var configuration = WatchCore.Configuration()
    private var names: [String: Place] = [:]
    let secrets = SecretPlaces()

    init(report: Report) { self.report = report }

    mutating func read(_ document: Value) {
        if document.isNull { return }
        guard let fields = document.fields("the configuration", .top) else { return }
        for entry in fields["services"]?.entries("services") ?? [] {
            guard isNew(entry.name, "service", entry.key) else { continue }
            configuration.services.append(
                ServiceReader(name: entry.name, secrets: secrets).read(entry.value))
        }
        for entry in fields["plans"]?.entries("plans") ?? [] {
            guard isNew(entry.name, "plan", entry.key) else { continue }
            if let plan = PlanReader(name: entry.name).read(entry.value) {
                configuration.plans.append(plan)
            }
        }
        for entry in fields["channels"]?.entries("channels") ?? [] {
            guard isNew(entry.name, "channel", entry.key) else { continue }
            if let kind = ChannelReader(secrets: secrets).read(entry.value) {
                configuration.channels.append(ChannelConfiguration(name: entry.name, kind: kind))
            }
        }
        for entry in fields["routes"]?.entries("routes") ?? [] {
            guard isNew(entry.name, "route", entry.key) else { continue }
            configuration.routes.append(
                RouteConfiguration(name: entry.name, steps: RouteReader().read(entry.value)))
        }
        if let value = fields["policy"] { readPolicy(value) }
        if let value = fields["limits"] { readLimits(value) }
        if let value = fields["access"], let access = value.fields("access", .access) {
            configuration.access.operate =
                access["operate"]?.list("access.operate").compactMap(\.text) ?? []
        }
        checkRoutes(fields)
    }

    /// Names are used in file names, unit names and messages.
    private mutating func isNew(_ name: String, _ what: String, _ key: Value) -> Bool {
        guard Identifier.isValid(name), !name.contains("+"), name.count <= 64 else {
            key.error(
                "'\(printable(name, limit: 60))' cannot be the name of a \(what)",
                remedy: "use letters, digits, '.', '_' and '-', at most 64, beginning with a "
                    + "letter or digit")
            return false
        }
        if let first = names["\(what)/\(name)"] {
            key.error(
                "the \(what) '\(name)' exists already",
                remedy: "the first one is at \(first.file.name):\(first.line)")
            return false
        }
        names["\(what)/\(name)"] = key.place
        return true
    }

    private mutating func readPolicy(_ value: Value) {
        for entry in value.entries("policy") {
            guard let severity = Severity(rawValue: entry.name) else {
                let known = Severity.allCases.map(\.rawValue)
                entry.key.error(
                    "'\(printable(entry.name, limit: 40))' is no severity",
                    remedy: Suggestion.nearest(to: entry.name, among: known)
                        .map { "did you mean '\($0)'?" }
                        ?? "it is one of \(known.joined(separator: ", "))")
                continue
            }
            guard let fields = entry.value.fields("policy.\(entry.name)", .policy) else { continue }
            let standard = Policy.defaults[severity]
            var policy = standard ?? Policy(action: .page, page: nil, respondWithin: nil)
            if let action = fields["action"] {
                policy.action = action.choice("action") ?? policy.action
            }
            if let page = fields["page"], let name = page.text {
                policy.page = name
                report.check { [report] in
                    report.require(
                        name, among: $0.routes.map(\.name), "route", at: page.place)
                }
            }
            if let within = fields["respond_within"] {
                policy.respondWithin = within.duration(atLeast: .seconds(10))
            }
            configuration.policy[severity] = policy
        }
    }

    private mutating func readLimits(_ value: Value) {
        guard let fields = value.fields("limits", .limits) else { return }
        configuration.limits = Limits(
            maxRollbacks: fields.int("max_rollbacks", 2, 0...100),
            per: fields.duration("per", .hours(24), atLeast: .minutes(1)),
            cooldown: fields.duration("cooldown", .minutes(30), atLeast: .zero))
    }

    /// Somebody must hear of it: each policy that pages needs a route that exists.
    private func checkRoutes(_ fields: Fields) {
        guard let services = fields["services"] else { return }
        report.check { [report] configuration in
            let used = Set(configuration.services.flatMap(\.triggers).map(\.severity))
            for severity in used.sorted(by: >) {
                guard let policy = configuration.policy[severity], policy.action != .record,
                    policy.page.flatMap({ configuration.route($0) }) == nil
                else { continue }
                let route = policy.page ?? "none"
                report.warning(
                    services.place,
                    "nobody is told of \(severity.rawValue) breaches: there is no route '\(route)'",
                    remedy: "add routes: { \(route): [ { to: [CHANNEL] } ] }")
            }
        }
    }

    /// A secret that cannot be read now could not be read at 3 a.m. either.
    func checkSecrets(_ source: any SecretSource) {
        for (reference, place) in secrets.places {
            do {
                _ = try source.secret(reference)
            } catch {
                report.error(place, error.message)
            }
        }
    }
}

/// Where secrets are referred to.
final class SecretPlaces {
    private(set) var places: [(SecretReference, Place)] = []

    func note(_ template: Template?, at value: Value) {
        for secret in template?.secrets ?? [] { places.append((secret, value.place)) }
    }
}
