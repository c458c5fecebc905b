// One probe: what is asked, how often, and the answer it wants. Each kind has a file of its own.

import WatchCore

struct ProbeReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ entry: YAMLValue.Entry) -> ProbeConfiguration? {
        Names.checkSignal(entry.key, "a probe", entry.keyPlace, problems)
        guard let section = Section(entry.value, .probe, problems, owner: entry.keyPlace) else {
            return nil
        }
        let every = section.duration(
            "every", .seconds(10), in: .milliseconds(10)...Duration.days(1))
        // A probe whose kind is wrong is still there for the rules that name it.
        let kind =
            kind(section, entry.keyPlace)
            ?? .http(HTTPRequestSpec(url: Template(literal: "")), HTTPExpectation())
        var probe = ProbeConfiguration(name: entry.key, every: every, kind: kind)
        probe.degradedUnless = HTTPProbeReader(problems).degraded(section)
        probe.timeout = section.duration(
            "timeout", probe.timeout, in: .milliseconds(1)...Duration.hours(1))
        JourneyTimes(problems).check(probe, section)
        probe.failures = section.integer("failures", probe.failures)
        probe.successes = section.integer("successes", probe.successes)
        section.checkKept(kind.connection, every: every)
        return probe
    }

    private func kind(_ section: Section, _ owner: Place) -> ProbeConfiguration.Kind? {
        let kinds = ProbeKind.allCases.filter { section.has($0.rawValue) }
        guard let kind = kinds.first, kinds.count == 1 else {
            if kinds.isEmpty, section.hadRefused { return nil }
            let examples = ProbeKind.allCases.map(\.example).joined(separator: ", ")
            problems.error(
                kinds.dropFirst().first.flatMap { section.keyPlace($0.rawValue) } ?? owner,
                kinds.isEmpty
                    ? "a probe says what it asks"
                    : "a probe has one of \(kinds.map(\.rawValue).joined(separator: " and "))",
                kinds.isEmpty ? "write one of \(examples)" : "make a probe of each")
            return nil
        }
        refuseForeignKeys(section, kind)
        switch kind {
        case .http: return HTTPProbeReader(problems).read(section)
        case .tcp: return TCPProbeReader(problems).read(section)
        case .tls: return TLSProbeReader(problems).read(section)
        case .dns: return DNSProbeReader(problems).read(section)
        case .grpc: return GRPCProbeReader(problems).read(section)
        case .exec: return ExecProbeReader(problems).read(section)
        case .unit: return UnitProbeReader(problems).read(section)
        case .journey: return JourneyReader(problems).read(section)
        case .prometheus: return PrometheusProbeReader(problems).read(section)
        }
    }

    private func refuseForeignKeys(_ section: Section, _ kind: ProbeKind) {
        let allowed = ProbeKind.common + kind.keys
        for name in KeyTable.probe.names where !allowed.contains(name) {
            guard let place = section.keyPlace(name) else { continue }
            let own = allowed.filter { $0 != kind.rawValue }.joined(separator: ", ")
            problems.error(
                place, "'\(name)' means nothing for \(kind.withArticle) probe",
                "remove it; \(kind.withArticle) probe has \(own)")
        }
    }
}

enum Paths {
    static func read(_ text: String, _ place: Place, _ problems: Problems) -> JSONPath? {
        do {
            return try JSONPath(text)
        } catch {
            problems.error(
                place, "'\(printable(text, limit: 60))' is no JSON path: \(error.message)",
                "write it as in $.a.b[0]['c d'] (RFC 9535, one value)")
            return nil
        }
    }
}
