// One service: version sources, probes, streams, triggers, and what ties them together.

import WatchCore
import Yams

struct ServiceReader {
    let name: String
    let secrets: SecretPlaces

    func read(_ value: Value) -> ServiceConfiguration {
        var service = ServiceConfiguration(name: name)
        guard let fields = value.fields("service \(name)", .service) else { return service }
        service.agree = fields.int("agree", 2, 1...10)
        service.bake = fields.duration("bake", .minutes(30))
        service.suspectFor = fields.duration("suspect_for", .hours(2))
        service.targetWithin = fields.duration("target_within", .days(7))
        service.judgement = JudgementReader().read(fields, Judgement())
        service.version =
            fields["version"]?.list("version", orSingle: true).compactMap(version) ?? []
        var taken: Set<String> = []
        for entry in fields["probes"]?.entries("probes") ?? []
        where isSignal(entry.name, entry.key, &taken) {
            if let probe = probe(entry.name, entry.value) { service.probes.append(probe) }
        }
        for entry in fields["streams"]?.entries("streams") ?? []
        where isSignal(entry.name, entry.key, &taken) {
            if let stream = StreamReader(name: entry.name).read(entry.value) {
                service.streams.append(stream)
            }
        }
        if let rollback = fields["rollback"],
            let inner = rollback.fields("rollback", .rollback), let plan = inner.required("plan")
        {
            service.plan = plan.text
            requirePlan(plan)
        }
        readTriggers(fields["triggers"], &service)
        readDependencies(fields["depends_on"], &service)
        if fields["triggers"] == nil {
            value.report.warning(
                value.place, "service \(name) has no triggers: it is shown and never judged",
                remedy: "add triggers: [ { name: …, when: …, severity: … } ]")
        }
        return service
    }

    /// Expressions name probes and streams alike, so their names share one space.
    private func isSignal(_ name: String, _ key: Value, _ taken: inout Set<String>) -> Bool {
        let good =
            name.first.map { $0.isASCII && ($0.isLetter || $0 == "_") } ?? false
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }
            && name.count <= 64
        guard good else {
            key.error(
                "'\(printable(name, limit: 60))' cannot be the name of a signal",
                remedy: "expressions name it: use letters, digits, '_' and '-', beginning with "
                    + "a letter")
            return false
        }
        guard taken.insert(name).inserted else {
            key.error(
                "'\(name)' is a probe and a stream",
                remedy: "expressions could not tell them apart; rename one")
            return false
        }
        return true
    }

    private func requirePlan(_ value: Value) {
        guard let name = value.text else { return }
        let place = value.place
        value.report.check { [report = value.report] in
            report.require(name, among: $0.plans.map(\.name), "plan", at: place)
        }
    }

    private func readDependencies(_ value: Value?, _ service: inout ServiceConfiguration) {
        for item in value?.list("depends_on", orSingle: true) ?? [] {
            guard let other = item.text else { continue }
            service.dependsOn.append(other)
            let place = item.place
            if other == name { item.error("a service cannot depend on itself") }
            item.report.check { [report = item.report] in
                report.require(other, among: $0.services.map(\.name), "service", at: place)
            }
        }
    }

    // MARK: - Version sources

    private func version(_ value: Value) -> VersionSource? {
        guard let fields = value.fields("a version source", .version),
            let (key, item) = fields.one(of: ["symlink", "file", "http"])
        else { return nil }
        let isHTTP = key == "http"
        let every = fields.duration(
            "every", isHTTP ? .seconds(15) : .seconds(2), atLeast: .milliseconds(100))
        let timeout = fields.duration("timeout", .seconds(5), atLeast: .milliseconds(10))
        let kind: VersionSource.Kind
        switch key {
        case "symlink":
            guard let path = item.path() else { return nil }
            kind = .symlink(path: path)
        case "file":
            guard let path = item.path() else { return nil }
            kind = .file(path: path, pattern: fields["pattern"].flatMap(HTTPReader.pattern))
        default:
            guard let request = HTTPReader(secrets: secrets).request(item, fields),
                let extraction = extraction(fields)
            else { return nil }
            kind = .http(request, extraction)
        }
        return VersionSource(kind: kind, every: every, timeout: timeout)
    }

    private func extraction(_ fields: Fields) -> VersionSource.Extraction? {
        guard let (key, value) = fields.one(of: ["json", "header", "pattern"]) else { return nil }
        switch key {
        case "header": return value.text.map { .header($0) }
        case "pattern": return HTTPReader.pattern(value).map { .pattern($0) }
        default:
            var paths: [String: JSONPath] = [:]
            for entry in value.entries("json") {
                if let path = entry.value.jsonPath() { paths[entry.name] = path }
            }
            guard paths["version"] != nil else {
                value.error("'json' names no version", remedy: "as in { version: $.version }")
                return nil
            }
            return .json(paths)
        }
    }

    // MARK: - Probes

    private func probe(_ name: String, _ value: Value) -> ProbeConfiguration? {
        guard let fields = value.fields("probe \(name)", .probe) else { return nil }
        guard let url = fields.required("http", remedy: "as in http: http://127.0.0.1:8080/health"),
            let request = HTTPReader(secrets: secrets).request(url, fields)
        else { return nil }
        let expectation = HTTPReader(secrets: secrets).expectation(fields["expect"])
        let every = fields.required("every", remedy: "as in every: 10s")?
            .duration(atLeast: .milliseconds(100))
        let timeout = fields.duration("timeout", .seconds(5), atLeast: .milliseconds(10))
        guard let every else { return nil }
        return ProbeConfiguration(
            name: name, every: every, timeout: timeout,
            failures: fields.int("failures", 2, 1...100),
            successes: fields.int("successes", 2, 1...100), kind: .http(request, expectation))
    }

    // MARK: - Triggers

    private func readTriggers(_ value: Value?, _ service: inout ServiceConfiguration) {
        guard let value else { return }
        var places: [String: Place] = [:]
        for item in value.list("triggers") {
            guard let fields = item.fields("a trigger", .trigger) else { continue }
            let name = fields.required("name")
            let when = fields.required("when", remedy: "as in when: error_rate(access, 2m) > 25%")
            let severity: Severity? = fields.required(
                "severity", remedy: "critical, high, medium or low")?.choice("severity")
            if let name, let text = name.text {
                if let first = places[text] {
                    name.error(
                        "the trigger '\(printable(text, limit: 60))' exists already",
                        remedy: "the first one is in line \(first.line); rename one")
                }
                if text.contains("/") || text.isEmpty || text.count > 80 {
                    name.error(
                        "'\(printable(text, limit: 60))' cannot be the name of a trigger",
                        remedy: "1 to 80 characters, no '/'")
                }
                places[text] = name.place
            }
            let expression = when?.expression()
            if let plan = fields["plan"] { requirePlan(plan) }
            guard let text = name?.text, let when, let expression, let severity else { continue }
            let trigger = TriggerConfiguration(
                name: text, when: expression, severity: severity,
                mode: fields["mode"]?.choice("mode") ?? .page, plan: fields["plan"]?.text,
                suspectFor: fields["suspect_for"]?.duration(),
                judgement: JudgementReader().read(fields, service.judgement))
            service.triggers.append(trigger)
            TriggerLint(service: self.name, report: value.report, place: when.place)
                .check(trigger, item.place)
        }
    }

}

/// `warm_up`, `clear_for` and `min_samples`, of a service or a trigger.
struct JudgementReader {
    func read(_ fields: Fields, _ standard: Judgement) -> Judgement {
        var judgement = standard
        judgement.warmUp = fields.duration("warm_up", standard.warmUp, atLeast: .zero)
        judgement.clearFor = fields.duration("clear_for", standard.clearFor, atLeast: .zero)
        guard let value = fields["min_samples"] else { return judgement }
        if case .mapping = value.node {
            guard let inner = value.fields("min_samples", .minSamples) else { return judgement }
            judgement.minSamplesOfStream = inner.int(
                "streams", standard.minSamplesOfStream, 1...1_000_000)
            judgement.minSamplesOfProbe = inner.int(
                "probes", standard.minSamplesOfProbe, 1...1_000_000)
        } else if let number = value.int(1...1_000_000) {
            judgement.minSamplesOfStream = number
            judgement.minSamplesOfProbe = number
        }
        return judgement
    }
}
