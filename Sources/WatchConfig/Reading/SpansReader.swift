// The services that a plan stops and starts again.

import WatchCore

struct SpansReader {
    struct Result {
        var spans: [Span]
        var order: [String]?
        var services: [Placed<String>]
    }

    let problems: Problems
    let steps: StepReader

    func read(_ section: Section) -> Result {
        if let value = section.value("spans"), value.items?.isEmpty == true {
            problems.error(
                value.place, "'spans' is empty",
                "add - { service: NAME, stop: { … }, start: { … } }, or remove it")
        }
        var services: [Placed<String>] = []
        var spans: [Span] = []
        for value in section.list("spans") {
            guard let part = Section(value, .span, problems) else { continue }
            let service = part.text("service").map { Placed($0, part.place("service")) }
            let stop = part.value("stop").flatMap(steps.step)
            let start = part.value("start").flatMap(steps.step)
            guard let service else { continue }
            if services.contains(where: { $0.value == service.value }) {
                problems.error(
                    service.place,
                    "'\(printable(service.value, limit: 60))' is stopped twice", "keep one of them")
            }
            services.append(service)
            guard let stop, let start else { continue }
            spans.append(Span(service: service.value, stop: stop, start: start))
        }
        return Result(
            spans: spans, order: order(section, services.map(\.value)), services: services)
    }

    /// Each service once, or nobody would start it.
    private func order(_ section: Section, _ services: [String]) -> [String]? {
        guard let place = section.keyPlace("start_order") else { return nil }
        guard section.has("spans") else {
            problems.error(
                place, "'start_order' goes with spans", "add spans: [ … ], or remove it")
            return nil
        }
        let order = section.texts("start_order")
        var seen: Set<String> = []
        for name in order {
            if !services.contains(name.value) {
                Names.unknown(name, "service in spans", among: services, problems)
            } else if !seen.insert(name.value).inserted {
                problems.error(
                    name.place, "'\(name.value)' is started twice", "keep one of them")
            }
        }
        let missing = services.filter { !seen.contains($0) }
        if !missing.isEmpty {
            problems.error(
                place, "'start_order' leaves out \(missing.joined(separator: ", "))",
                "name each service of spans once, or remove start_order: then the one that was "
                    + "stopped last is started first")
        }
        return order.map(\.value)
    }
}
