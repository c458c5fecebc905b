// Silences and maintenance that people ask for, and the end of each.

extension Engine {
    /// So long at most; what is to last longer belongs into the configuration.
    static let longestQuiet = Duration.days(30)

    mutating func silence(
        _ request: QuietRequest, by peer: Peer, at now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        if let problem = problem(with: request) { return (problem, []) }
        let until = Moment(boot: now.boot + request.lasts, wall: now.wall + request.lasts)
        let id = "silence-\(nextNumber())"
        var quiet = host.quiet ?? QuietState()
        quiet.silences.append(
            QuietState.Silence(
                id: id, service: request.service, trigger: request.trigger, by: peer.name,
                reason: printable(request.reason), since: now, until: until))
        host.quiet = quiet
        let what = [request.service, request.trigger].compactMap { $0 }.joined(separator: "/")
        return began(
            "silence.began", id, "pages of \(what) are silenced", request, until, by: peer, now)
    }

    mutating func maintain(
        _ request: QuietRequest, by peer: Peer, at now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        if let problem = problem(with: request) { return (problem, []) }
        let until = Moment(boot: now.boot + request.lasts, wall: now.wall + request.lasts)
        let id = "maintenance-\(nextNumber())"
        var quiet = host.quiet ?? QuietState()
        // The new one stands in place of the old one.
        for old in quiet.maintenance where old.service == request.service {
            quiet.muted[old.id] = nil
        }
        quiet.maintenance.removeAll { $0.service == request.service }
        quiet.maintenance.append(
            QuietState.Maintenance(
                id: id, service: request.service, by: peer.name,
                reason: printable(request.reason), since: now, until: until))
        host.quiet = quiet
        let what = request.service ?? "the whole host"
        return began(
            "maintenance.began", id, "\(what) is in maintenance", request, until, by: peer, now)
    }

    private mutating func nextNumber() -> Int {
        defer { host.nextNumber += 1 }
        return host.nextNumber
    }

    private func began(
        _ kind: String, _ id: String, _ what: String, _ request: QuietRequest, _ until: Moment,
        by peer: Peer, _ now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        let text = "\(id): \(what) for \(request.lasts.text), until \(until.wall.text)"
        let event = EventRecord(
            time: now.wall, service: request.service, kind: kind, trigger: request.trigger,
            reason: peer.name, text: "\(text), by \(peer.onRecord): \(printable(request.reason))")
        return (
            CommandReply(status: .done, message: text),
            [.persist(Transaction(host: host, events: [event]))]
        )
    }

    private func problem(with request: QuietRequest) -> CommandReply? {
        if let name = request.service {
            guard let service = configuration.service(name) else {
                let known = configuration.services.map(\.name).joined(separator: ", ")
                return CommandReply(
                    status: .notFound,
                    message: "no service '\(printable(name))' is configured; there is \(known)")
            }
            if let trigger = request.trigger,
                !service.triggers.contains(where: { $0.name == trigger })
            {
                let names = service.triggers.map { "'\($0.name)'" }.joined(separator: ", ")
                return CommandReply(
                    status: .notFound,
                    message: "\(name) has no trigger '\(printable(trigger))'; there is \(names)")
            }
        }
        guard request.lasts > .zero, request.lasts <= Self.longestQuiet else {
            return CommandReply(
                status: .refused, reason: "too-long",
                message: "at most \(Self.longestQuiet.text) at a time; what lasts longer belongs "
                    + "into the configuration (silences:, maintenance:)")
        }
        let count = (host.quiet?.silences.count ?? 0) + (host.quiet?.maintenance.count ?? 0)
        guard count < QuietState.limit else {
            return CommandReply(
                status: .refused, reason: "too-many",
                message: "\(count) silences and maintenances are on already; end some first")
        }
        return nil
    }

    /// - Parameter id: of a silence that somebody asked for.
    mutating func endSilence(
        _ id: String, by peer: Peer, at now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        guard var quiet = host.quiet, let found = quiet.silences.first(where: { $0.id == id })
        else {
            if configuration.silences.contains(where: { $0.name == id }) {
                return (configured("silence", id, "silences:"), [])
            }
            let known = host.quiet?.silences.map(\.id).joined(separator: ", ") ?? ""
            return (
                CommandReply(
                    status: .notFound,
                    message: "no silence '\(printable(id))' is on"
                        + (known.isEmpty ? "" : "; there is \(known)")), []
            )
        }
        quiet.silences.removeAll { $0.id == id }
        let count = quiet.muted.removeValue(forKey: id) ?? 0
        return ended(
            "silence.ended", "\(id) is over; it kept \(Self.pages(count)) back",
            service: found.service, quiet, by: peer, now)
    }

    /// - Parameter service: nil ends that of the whole host.
    mutating func endMaintenance(
        _ service: String?, by peer: Peer, at now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        let what = service ?? "the whole host"
        guard var quiet = host.quiet,
            let found = quiet.maintenance.first(where: { $0.service == service })
        else {
            let context = quietContext(now)
            if let service, let time = context.maintenance(of: service) {
                let isAsked = host.quiet?.maintenance.contains { $0.id == time.name } ?? false
                if isAsked {
                    return (
                        CommandReply(
                            status: .refused, reason: "host-wide",
                            message: "\(time.name) is of the whole host; "
                                + "`watchctl maintenance end --all` ends it"), []
                    )
                }
                return (configured("maintenance", time.name, "maintenance:"), [])
            }
            return (
                CommandReply(
                    status: .notFound, message: "\(printable(what)) is not in maintenance"), []
            )
        }
        quiet.maintenance.removeAll { $0.id == found.id }
        let count = quiet.muted.removeValue(forKey: found.id) ?? 0
        return ended(
            "maintenance.ended",
            "\(found.id) of \(what) is over; it kept \(Self.pages(count)) back",
            service: service, quiet, by: peer, now)
    }

    static func pages(_ count: Int) -> String { count == 1 ? "1 page" : "\(count) pages" }

    private func configured(_ what: String, _ name: String, _ key: String) -> CommandReply {
        CommandReply(
            status: .refused, reason: "configured",
            message: "\(what) '\(name)' is in the configuration (\(key)); change it there, then "
                + "`watchctl reload`")
    }

    /// Ends it and lets every service say what was kept back.
    private mutating func ended(
        _ kind: String, _ text: String, service: String?, _ quiet: QuietState, by peer: Peer,
        _ now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        host.quiet = quiet
        let event = EventRecord(
            time: now.wall, service: service, kind: kind, reason: peer.name,
            text: "\(text); ended by \(peer.onRecord)")
        let effects: [Effect] = [.persist(Transaction(host: host, events: [event]))]
        return (
            CommandReply(status: .done, message: text), effects + updateAll(now) { $0.tick(&$1) }
        )
    }

    /// Drops what is over; its services release their pages in the same tick.
    mutating func expireQuiet(at now: Moment) -> [Effect] {
        guard var quiet = host.quiet else { return [] }
        var events: [EventRecord] = []
        func over(_ until: Moment?) -> Bool { until.map { $0.boot <= now.boot } ?? false }
        for silence in quiet.silences where over(silence.until) {
            let count = quiet.muted.removeValue(forKey: silence.id) ?? 0
            events.append(
                EventRecord(
                    time: now.wall, service: silence.service, kind: "silence.ended",
                    trigger: silence.trigger, reason: "elapsed",
                    text: "\(silence.id) is over; it kept \(Self.pages(count)) back"))
        }
        for maintenance in quiet.maintenance where over(maintenance.until) {
            let count = quiet.muted.removeValue(forKey: maintenance.id) ?? 0
            events.append(
                EventRecord(
                    time: now.wall, service: maintenance.service, kind: "maintenance.ended",
                    reason: "elapsed",
                    text: "\(maintenance.id) is over; it kept \(Self.pages(count)) back"))
        }
        guard !events.isEmpty else { return [] }
        quiet.silences.removeAll { over($0.until) }
        quiet.maintenance.removeAll { over($0.until) }
        host.quiet = quiet
        return [.persist(Transaction(host: host, events: events))]
    }

    /// For questions that belong to no service.
    func quietContext(_ now: Moment) -> Context {
        Context(
            now: now, configuration: sharedConfiguration, neighbours: Neighbours([]),
            storeProblem: storeProblem,
            host: Shared(host))
    }
}

/// What somebody wants quiet, and how long.
public struct QuietRequest: Hashable, Sendable {
    /// nil: the whole host (maintenance only).
    public var service: String?
    /// nil: the whole service (silences only).
    public var trigger: String?
    public var lasts: Duration
    public var reason: String

    public init(service: String?, trigger: String? = nil, lasts: Duration, reason: String) {
        self.service = service
        self.trigger = trigger
        self.lasts = lasts
        self.reason = reason
    }
}
