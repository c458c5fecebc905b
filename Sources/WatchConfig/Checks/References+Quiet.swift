// Names in maintenance and silences; and services that depend on one another in a circle, whose
// incidents would each suppress the other's pages.

import WatchCore

extension References {
    func checkQuiet() {
        for service in draft.quiet.services where !services.contains(service.value) {
            Names.unknown(service, "service", among: draft.names.services, problems)
        }
        for (name, of) in draft.quiet.triggers {
            let candidates = draft.services.filter {
                of.isEmpty || of.contains($0.configuration.name)
            }
            let known = candidates.flatMap { service in
                service.configuration.triggers.map(\.name)
                    + service.brokenTriggers.compactMap { $0.name?.value }
            }
            // A service that could not be read may have had it.
            guard !known.contains(name.value), !candidates.isEmpty,
                candidates.allSatisfy({ !$0.hadRefused })
            else { continue }
            let whose = of.count == 1 ? " of service '\(of[0])'" : ""
            Names.unknown(name, "trigger\(whose)", among: known, problems)
        }
    }

    func checkCycles() {
        let parents = Dictionary(
            draft.services.map { ($0.configuration.name, $0.configuration.dependsOn) }
        ) { first, _ in first }
        var reported: Set<String> = []
        for service in draft.services {
            let name = service.configuration.name
            guard !reported.contains(name), let circle = circle(through: name, parents),
                let place = service.dependsOn.first(where: { circle.contains($0.value) })?.place
            else { continue }
            reported.formUnion(circle)
            problems.error(
                place,
                "services depend on one another in a circle: "
                    + (circle + [name]).joined(separator: " → "),
                "remove one of these dependencies")
        }
    }

    /// The shortest way from a service back to itself, longer than one step.
    private func circle(through name: String, _ parents: [String: [String]]) -> [String]? {
        var paths = [[name]]
        var seen: Set<String> = []
        while !paths.isEmpty {
            let path = paths.removeFirst()
            for parent in parents[path[path.count - 1]] ?? [] {
                if parent == name { return path.count > 1 ? path : nil }
                if seen.insert(parent).inserted { paths.append(path + [parent]) }
            }
        }
        return nil
    }
}
