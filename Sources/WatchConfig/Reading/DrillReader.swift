// Where a plan is rehearsed, and how often.

import WatchCore

struct DrillReader {
    /// Less is no rehearsal but a test; more is never.
    private static let every = Duration.hours(1)...Duration.days(3 * 365)

    let problems: Problems

    /// - Parameter plan: the section of the plan.
    func read(_ plan: Section) -> DrillDraft? {
        let every = plan.optionalDuration("drill_every", in: Self.every)
        guard let value = plan.value("drill") else {
            if let place = plan.keyPlace("drill_every"), plan.keyPlace("drill") == nil {
                problems.error(
                    place, "'drill_every' says how often, and nothing says where",
                    "add drill: { service: NAME }, a service that only drills use")
            }
            return nil
        }
        guard let section = Section(value, .drill, problems), let service = section.text("service")
        else { return nil }
        let to = section.text("to")
        if let to, !Identifier.isValid(to) {
            problems.error(
                section.place("to"), "that is no version: \(Identifier.refusal(to))",
                "write it as a version source reads it")
        }
        var credentials: [String: String] = [:]
        var places: [Placed<String>] = []
        for entry in section.named("credentials") {
            places.append(Placed(entry.key, entry.keyPlace))
            guard let name = credential(entry.value) else { continue }
            credentials[entry.key] = name
        }
        let spans = section.named("spans").compactMap { entry in
            Scalars.text(entry.value, "spans", limit: 256, problems).map {
                (Placed(entry.key, entry.keyPlace), Placed($0, entry.value.place))
            }
        }
        let copies = Dictionary(spans.map { ($0.0.value, $0.1.value) }) { $1 }
        let drill = Drill(
            service: service, to: to, credentials: credentials,
            spans: copies.isEmpty ? nil : copies, every: every)
        return DrillDraft(
            drill: drill, service: Placed(service, section.place("service")), credentials: places,
            spans: spans, same: section.texts("same"))
    }

    private func credential(_ value: YAMLValue) -> String? {
        guard let name = Scalars.text(value, "credentials", limit: 256, problems) else {
            return nil
        }
        let template: Template
        do {
            template = try Template("${credential:\(name)}")
        } catch {
            problems.error(value.place, error.message, "write the name alone, as in drill-db")
            return nil
        }
        guard template.secrets == [.credential(name)] else {
            problems.error(
                value.place, "'\(printable(name, limit: 60))' is no name of a credential",
                "write the name alone, as in drill-db")
            return nil
        }
        problems.check(template) { _ in value.place }
        return name
    }
}
