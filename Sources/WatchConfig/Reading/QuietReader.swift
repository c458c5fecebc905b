// When watchd is to keep quiet, and what is reachable from here whenever the network works.

import WatchCore

/// What was read, with the places of its names.
struct QuietDraft {
    var maintenance: [MaintenanceWindow] = []
    var silences: [SilenceRule] = []
    var connectivity: [ConnectivityTarget] = []
    /// Also where no target of it could be read.
    var hasConnectivity = false
    /// Services that are named.
    var services: [Placed<String>] = []
    /// Triggers that are named, each with the services it may be of; empty: any.
    var triggers: [(name: Placed<String>, services: [String])] = []
    fileprivate var names: [String: Place] = [:]
}

struct QuietReader {
    let problems: Problems

    func read(_ section: Section, into draft: inout QuietDraft) {
        for item in section.list("maintenance") { maintenance(item, &draft) }
        for item in section.list("silences") { silence(item, &draft) }
        for item in section.list("connectivity") {
            draft.hasConnectivity = true
            if let target = target(item) { draft.connectivity.append(target) }
        }
    }

    private func maintenance(_ value: YAMLValue, _ draft: inout QuietDraft) {
        guard let section = Section(value, .maintenance, problems) else { return }
        let name = name(section, &draft)
        let services = services(section, &draft)
        let time = TimeWindowReader(section).read()
        let reason = section.title("reason") ?? ""
        guard let name, let time else { return }
        draft.maintenance.append(
            MaintenanceWindow(name: name, services: services, time: time, reason: reason))
    }

    private func silence(_ value: YAMLValue, _ draft: inout QuietDraft) {
        guard let section = Section(value, .silence, problems) else { return }
        let name = name(section, &draft)
        let services = services(section, &draft)
        let triggers = section.texts("triggers")
        draft.triggers += triggers.map { ($0, services) }
        let severities = severities(section)
        if section.given(["services", "triggers", "severities"]).isEmpty, !section.hadRefused {
            problems.error(
                section.place, "a silence of nothing in particular would mute every page",
                "say which: services: [NAME], triggers: [NAME] or severities: [low]")
        }
        let time = section.has("until") ? until(section) : TimeWindowReader(section).read()
        guard let name, let time, let reason = section.title("reason") else { return }
        draft.silences.append(
            SilenceRule(
                name: name, services: services, triggers: triggers.map(\.value),
                severities: severities, time: time, reason: reason))
    }

    /// It stands in status, commands and reason codes.
    private func name(_ section: Section, _ draft: inout QuietDraft) -> String? {
        guard let name = section.text("name") else { return nil }
        let place = section.place("name")
        Names.checkPlain(name, section.table.what, place, problems)
        if let first = draft.names[name] {
            problems.error(
                place, "the name '\(printable(name, limit: 60))' is taken, first in \(first.short)",
                "give each maintenance and each silence its own")
        }
        draft.names[name] = place
        return name
    }

    private func services(_ section: Section, _ draft: inout QuietDraft) -> [String] {
        let services = section.texts("services")
        draft.services += services
        if section.value("services")?.items?.isEmpty == true {
            problems.error(
                section.place("services"), "there is no service in it",
                "name one, or leave 'services' out for all")
        }
        return services.map(\.value)
    }

    private func severities(_ section: Section) -> [Severity] {
        section.texts("severities").compactMap { text in
            if let severity = Severity(rawValue: text.value) { return severity }
            let all = Severity.allCases.map(\.rawValue)
            let near = Suggestion.nearest(to: text.value, among: all)
            problems.error(
                text.place, "'\(printable(text.value, limit: 40))' is no severity",
                near.map { "did you mean '\($0)'?" }
                    ?? "write one of \(all.joined(separator: ", "))")
            return nil
        }
    }

    private func until(_ section: Section) -> TimeWindow? {
        for key in section.given(["days", "from", "to", "zone"]) {
            problems.error(
                section.keyPlace(key) ?? section.place, "'\(key)' does not go with 'until'",
                "write until: alone, or from: and to:")
        }
        guard let text = section.text("until") else { return nil }
        guard let end = WallTime(text: text) else {
            let advice = MomentAdvice(text)
            problems.error(
                section.place("until"),
                advice?.message ?? "'\(printable(text, limit: 40))' is no moment",
                advice?.remedy ?? "write date, time and offset as in 2026-12-01T22:00:00Z")
            return nil
        }
        return .once(from: nil, to: end)
    }

    // MARK: - Connectivity

    private func target(_ value: YAMLValue) -> ConnectivityTarget? {
        guard let text = Scalars.text(value, "connectivity", limit: 500, problems) else {
            return nil
        }
        let shown = printable(text, limit: 80)
        func refuse(_ what: String, _ remedy: String) -> ConnectivityTarget? {
            problems.error(value.place, what, remedy)
            return nil
        }
        if text.hasPrefix("http://") || text.hasPrefix("https://") {
            let template = Template(literal: text)
            if let problem = URLCheck.problem(template) {
                if let hidden = problem.hidden { problems.hide(hidden, at: value.place) }
                return refuse(problem.message, problem.remedy)
            }
            guard !text.contains("${") else {
                return refuse(
                    "'\(shown)' has a placeholder; it is asked as it is written",
                    "write an address that everybody may know")
            }
            return ConnectivityTarget(source: text, kind: .http(url: text))
        }
        guard text.hasPrefix("tcp://") else {
            return refuse(
                "'\(shown)' is nothing that can be reached",
                "write tcp://HOST:PORT, http://HOST/ or https://HOST/")
        }
        let rest = text.dropFirst("tcp://".count)
        guard let colon = rest.lastIndex(of: ":"),
            let port = Int(rest[rest.index(after: colon)...]), (1...65535).contains(port)
        else {
            return refuse("'\(shown)' names no port", "write it as in tcp://192.0.2.1:53")
        }
        let host = rest[..<colon]
        guard Endpoints.isHost(host) else {
            return refuse(
                "'\(shown)' names no host",
                "write a name or an address; an IPv6 address as in tcp://[2001:db8::1]:53")
        }
        return ConnectivityTarget(source: text, kind: .tcp(host: String(host), port: port))
    }
}
