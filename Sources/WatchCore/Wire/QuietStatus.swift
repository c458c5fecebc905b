// What keeps watchd quiet, as `GET /v1/silences`, `/v1/maintenance` and the status show it.

public struct QuietStatus: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable { case maintenance, silence }

    public var kind: Kind
    /// Name in the configuration, or the id of what somebody asked for: `silence-7`.
    public var name: String
    /// Empty: all of them.
    public var services: [String]
    public var triggers: [String]
    public var severities: [Severity]
    public var isOn: Bool
    /// Who asked; nil: the configuration.
    public var by: String?
    public var reason: String
    /// When it is in words, of the configuration's: `sat, sun 22:00–02:00 Europe/Berlin`.
    public var time: String?
    /// Of the stretch that is on, else of the next one.
    public var since: WallTime?
    public var until: WallTime?
    /// Pages it kept back.
    public var muted: Int

    public init(
        kind: Kind, name: String, services: [String], triggers: [String] = [],
        severities: [Severity] = [], isOn: Bool, by: String? = nil, reason: String,
        time: String? = nil, since: WallTime? = nil, until: WallTime? = nil, muted: Int = 0
    ) {
        self.kind = kind
        self.name = name
        self.services = services
        self.triggers = triggers
        self.severities = severities
        self.isOn = isOn
        self.by = by
        self.reason = reason
        self.time = time
        self.since = since
        self.until = until
        self.muted = muted
    }
}

extension Engine {
    /// What is on now and what the configuration has for later; what people asked for comes first.
    func quietStatus(at now: Moment) -> [QuietStatus] {
        let quiet = host.quiet ?? QuietState()
        func muted(_ name: String) -> Int { quiet.muted[name] ?? 0 }
        let maintenance = quiet.maintenance.map {
            QuietStatus(
                kind: .maintenance, name: $0.id, services: $0.service.map { [$0] } ?? [],
                isOn: true, by: $0.by, reason: $0.reason, since: $0.since.wall,
                until: $0.until?.wall, muted: muted($0.id))
        }
        let silences = quiet.silences.map {
            QuietStatus(
                kind: .silence, name: $0.id, services: $0.service.map { [$0] } ?? [],
                triggers: $0.trigger.map { [$0] } ?? [], isOn: true, by: $0.by, reason: $0.reason,
                since: $0.since.wall, until: $0.until?.wall, muted: muted($0.id))
        }
        let windows = configuration.maintenance.map { window -> QuietStatus in
            let on = window.time.span(at: now.wall)
            let span = on ?? window.time.next(after: now.wall)
            return QuietStatus(
                kind: .maintenance, name: window.name, services: window.services, isOn: on != nil,
                reason: window.reason, time: window.time.text, since: span?.from, until: span?.to,
                muted: muted(window.name))
        }
        let rules = configuration.silences.map { rule -> QuietStatus in
            let on = rule.time.span(at: now.wall)
            let span = on ?? rule.time.next(after: now.wall)
            return QuietStatus(
                kind: .silence, name: rule.name, services: rule.services, triggers: rule.triggers,
                severities: rule.severities, isOn: on != nil, reason: rule.reason,
                time: rule.time.text, since: span?.from, until: span?.to, muted: muted(rule.name))
        }
        return maintenance + silences + windows + rules
    }
}
