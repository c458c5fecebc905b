// Which maintenance, silence or incident elsewhere keeps a service's pages back now. Pure
// questions; `ServiceEngine+Muting` does something about the answers.

/// What keeps a page from being sent.
enum Mute: Hashable, Sendable {
    case maintenance(QuietTime)
    case silence(QuietTime)
    /// A service it depends on has an open incident, of which people know.
    case parent(incident: String)
    /// A rollback of another service stops this one, or did a moment ago.
    case spanned(rollback: String)

    /// A stable code, with the name of what mutes.
    var code: String {
        switch self {
        case .maintenance(let time): "maintenance:\(time.name)"
        case .silence(let time): "silence:\(time.name)"
        case .parent(let incident): "depends-on:\(incident)"
        case .spanned(let rollback): "stopped-by:\(rollback)"
        }
    }

    var text: String {
        switch self {
        case .maintenance(let time): "maintenance \(time.text)"
        case .silence(let time): "silence \(time.text)"
        case .parent(let incident): "incident \(incident), of a service that this one depends on"
        case .spanned(let rollback): "rollback \(rollback) stops the service and starts it again"
        }
    }
}

/// A maintenance or silence that is on.
struct QuietTime: Hashable, Sendable {
    var name: String
    var by: String?
    var reason: String
    var until: WallTime?

    /// `weekend (deployments) until 2026-…`.
    var text: String {
        let who = by.map { " by \($0)" } ?? ""
        let why = reason.isEmpty ? "" : " (\(reason))"
        return "\(name)\(who)\(why)\(until.map { " until \($0.text)" } ?? "")"
    }
}

extension Context {
    /// The maintenance the service is in; one that somebody asked for before one of the calendar.
    func maintenance(of service: String) -> QuietTime? {
        let asked = host.quiet?.maintenance.first { maintenance in
            (maintenance.service ?? service) == service
                && maintenance.until.map { now.boot < $0.boot } ?? true
        }
        if let asked {
            return QuietTime(
                name: asked.id, by: asked.by, reason: asked.reason, until: asked.until?.wall)
        }
        for window in configuration.maintenance
        where window.services.isEmpty || window.services.contains(service) {
            if let span = window.time.span(at: now.wall) {
                return QuietTime(name: window.name, reason: window.reason, until: span.to)
            }
        }
        return nil
    }

    /// - Parameter trigger: which the page is about; nil: what became of an incident as a whole.
    func silence(service: String, trigger: String?, severity: Severity) -> QuietTime? {
        let asked = host.quiet?.silences.first { silence in
            (silence.service ?? service) == service
                && (silence.trigger == nil || silence.trigger == trigger)
                && silence.until.map { now.boot < $0.boot } ?? true
        }
        if let asked {
            return QuietTime(
                name: asked.id, by: asked.by, reason: asked.reason, until: asked.until?.wall)
        }
        for rule in configuration.silences
        where rule.matches(service: service, trigger: trigger, severity: severity) {
            if let span = rule.time.span(at: now.wall) {
                return QuietTime(name: rule.name, reason: rule.reason, until: span.to)
            }
        }
        return nil
    }

    /// The open incident of a service on which this one depends, when people know of it.
    func troubledParent(of dependsOn: [String]) -> String? {
        neighbours.first { other in
            dependsOn.contains(other.name) && (other.incident?.explainsOthers ?? false)
        }?.incident?.id
    }

    func isOpen(incident id: String) -> Bool {
        neighbours.contains { $0.incident?.id == id }
    }
}

extension SilenceRule {
    func matches(service: String, trigger: String?, severity: Severity) -> Bool {
        (services.isEmpty || services.contains(service))
            && (triggers.isEmpty || trigger.map(triggers.contains) ?? false)
            && (severities.isEmpty || severities.contains(severity))
    }
}

/// Another service's open incident, as far as this one asks.
struct NeighbourIncident: Hashable, Sendable {
    var id: String
    /// It is going on, and somebody was paged or is not to be.
    var explainsOthers: Bool

    /// A function, whose argument is borrowed: an initialiser would copy the incident.
    static func of(_ incident: Incident) -> NeighbourIncident {
        let isKnown =
            !incident.pagedChannels.isEmpty || incident.isHeld
            || incident.record.acknowledgedBy != nil
        let explainsOthers =
            switch incident.record.state {
            case .open, .awaitingApproval, .rollingBack, .verifying, .handedOver: isKnown
            case .recovered, .cleared, .superseded, .closed: false
            }
        return NeighbourIncident(id: incident.record.id, explainsOthers: explainsOthers)
    }
}
