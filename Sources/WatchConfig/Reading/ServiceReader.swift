// One service: its own values first, because triggers inherit them.

import WatchCore
import WatchStreams

struct ServiceReader {
    /// Of 100 % there is no error budget that could burn.
    private static let objectives = 0.01...0.999999
    /// Less says nothing; what is older is of another world.
    private static let baselines = Duration.minutes(5)...Duration.days(3)

    let problems: Problems

    func read(_ entry: YAMLValue.Entry) -> ServiceDraft? {
        Names.checkPlain(entry.key, "a service", entry.keyPlace, problems)
        guard let section = Section(entry.value, .service, problems, owner: entry.keyPlace) else {
            return nil
        }
        let standard = ServiceConfiguration(name: entry.key)
        var service = standard
        service.version = section.list("version").compactMap(VersionSourceReader(problems).read)
        service.agree = section.integer("agree", standard.agree)
        service.bake = section.duration("bake", standard.bake)
        service.suspectFor = section.duration("suspect_for", standard.suspectFor)
        service.targetWithin = section.duration("target_within", standard.targetWithin)
        service.slo = section.percentage("slo", in: Self.objectives)
        service.baselineWindow = section.duration(
            "baseline_window", standard.baselineWindow, in: Self.baselines)
        service.judgement = section.judgement(Judgement())
        service.probes = section.named("probes").compactMap(ProbeReader(problems).read)
        if section.has("per_host") {
            let perHost = section.integer("per_host", 1)
            for place in service.probes.indices { service.probes[place].perHost = perHost }
        }
        service.probes = service.probes.flatMap { [$0] + $0.steps }
        service.streams = section.named("streams").compactMap(StreamReader(problems).read)
        checkSignals(section, service)
        let (triggers, brokenTriggers) = triggers(section, service.judgement)
        service.triggers = triggers.map(\.configuration)
        let plan = plan(section)
        service.plan = plan?.value
        let operations = section.value("operations").flatMap {
            OperationsReader(problems: problems).read($0)
        }
        service.operations = operations?.rules ?? standard.operations
        let dependsOn = section.texts("depends_on")
        service.dependsOn = dependsOn.map(\.value)
        service.noData = section.choice("no_data", as: NoData.self) ?? standard.noData
        service.sharesEvidence = section.boolean("share_evidence", standard.sharesEvidence)
        service.redact = redactions(section)
        let assess = AssessReader(problems: problems).read(section)
        service.assess = assess.questions
        let vars = vars(section)
        service.vars = vars.isEmpty ? nil : vars
        return ServiceDraft(
            configuration: service, place: entry.keyPlace, plan: plan, dependsOn: dependsOn,
            triggers: triggers, brokenTriggers: brokenTriggers,
            probes: section.names("probes") + service.probes.filter(\.isStep).map(\.name),
            streams: section.names("streams"), parts: Self.parts(section, service),
            listeners: Self.listeners(section), operations: operations,
            variables: assess.variables, hasObjective: section.has("slo"),
            hadRefused: section.hadRefused)
    }

    /// They become arguments of programs and parts of unit names, as versions do.
    private func vars(_ section: Section) -> [String: String] {
        var vars: [String: String] = [:]
        for entry in section.named("vars") {
            Names.checkPlain(entry.key, "a variable", entry.keyPlace, problems)
            guard let text = Scalars.text(entry.value, entry.key, limit: 128, problems) else {
                continue
            }
            guard Identifier.isValid(text) else {
                problems.error(
                    entry.value.place, "'\(entry.key)': \(Identifier.refusal(text))",
                    "write what is around it in the plan, as in /srv/${vars.\(entry.key)}")
                continue
            }
            vars[entry.key] = text
        }
        return vars
    }

    private func redactions(_ section: Section) -> [String] {
        let items = section.list("redact")
        if items.count > ServiceConfiguration.redactLimit {
            problems.error(
                section.place("redact"), "\(items.count) patterns are too many",
                "keep \(ServiceConfiguration.redactLimit) or fewer, or join some with |")
        }
        return items.compactMap { item in
            guard let text = Scalars.text(item, "redact", limit: PatternCheck.limit, problems),
                PatternCheck.check(text, item, problems)
            else { return nil }
            return text
        }
    }

    private static func listeners(_ section: Section) -> [String: Place] {
        var places: [String: Place] = [:]
        for stream in section.value("streams")?.entries ?? [] {
            let entries = stream.value.entries ?? []
            places[stream.key] =
                entries.first { ["syslog", "drain"].contains($0.key) }?.value.place
        }
        return places
    }

    /// Patterns and fields as they are declared.
    private static func parts(
        _ section: Section, _ service: ServiceConfiguration
    ) -> [String: ServiceDraft.StreamParts] {
        var parts: [String: ServiceDraft.StreamParts] = [:]
        for stream in section.value("streams")?.entries ?? [] {
            func value(_ key: String) -> YAMLValue? {
                stream.value.entries?.first { $0.key == key }?.value
            }
            var part = ServiceDraft.StreamParts(
                patterns: value("patterns")?.entries?.map(\.key) ?? [],
                fields: value("fields")?.entries?.map(\.key) ?? [],
                countsRoutes: value("routes")?.plainText == "true")
            if let read = service.stream(stream.key), isWholly(stream.value, read) {
                part.tellsErrors = read.tellsErrors || value("error") != nil
                part.tellsLatency = read.tellsLatency || value("latency") != nil
            }
            parts[stream.key] = part
        }
        return parts
    }

    /// Whether what was read is all that was written: no key is unknown, and a format was
    /// understood.
    private static func isWholly(_ value: YAMLValue, _ read: StreamConfiguration) -> Bool {
        let keys = (value.entries ?? []).map(\.key)
        guard keys.allSatisfy({ KeyTable.stream.key($0) != nil }) else { return false }
        guard case .lines = read.format else { return true }
        return !keys.contains("format") && keys.contains("patterns")
    }

    private func plan(_ section: Section) -> Placed<String>? {
        guard let value = section.value("rollback"),
            let rollback = Section(value, .rollback, problems), let name = rollback.text("plan")
        else { return nil }
        return Placed(name, rollback.place("plan"))
    }

    /// Expressions name probes and streams alike, so a name must mean one thing.
    private func checkSignals(_ section: Section, _ service: ServiceConfiguration) {
        for entry in section.named("streams") where service.probe(entry.key) != nil {
            problems.error(
                entry.keyPlace, "'\(entry.key)' is a probe and a stream of this service",
                "give one of them another name, so that expressions are clear")
        }
    }

    private func triggers(
        _ section: Section, _ judgement: Judgement
    ) -> ([TriggerDraft], [BrokenTrigger]) {
        let reader = TriggerReader(problems: problems, inherited: judgement)
        var whole: [TriggerDraft] = []
        var broken: [BrokenTrigger] = []
        var seen: [String: Place] = [:]
        for item in section.list("triggers") {
            switch reader.read(item) {
            case nil: break
            case .whole(let draft):
                whole.append(draft)
                checkName(Placed(draft.configuration.name, draft.place), &seen)
            case .broken(let trigger):
                broken.append(trigger)
                if let name = trigger.name { checkName(name, &seen) }
            }
        }
        return (whole, broken)
    }

    private func checkName(_ name: Placed<String>, _ seen: inout [String: Place]) {
        if let first = seen[name.value] {
            problems.error(
                name.place,
                "two triggers are called '\(name.value)', first in line \(first.line)",
                "give each its own name")
        } else {
            seen[name.value] = name.place
        }
    }
}

extension Section {
    /// `warm_up`, `clear_for`, `confidence` and `min_samples`, each over what is inherited.
    func judgement(_ inherited: Judgement) -> Judgement {
        var judgement = inherited
        let range = Duration.zero...Duration.days(1)
        // The widest window.
        let widest = Duration.zero...Duration.days(3)
        judgement.warmUp = duration("warm_up", inherited.warmUp, in: widest)
        judgement.clearFor = duration("clear_for", inherited.clearFor, in: range)
        if let level = percentage("confidence", in: 0.5...0.9999) { judgement.confidence = level }
        guard let value = value("min_samples") else { return judgement }
        guard value.entries != nil else {
            if let number = Scalars.integer(value, "min_samples", 1...1_000_000, problems) {
                judgement.minSamplesOfStream = number
                judgement.minSamplesOfProbe = number
            }
            return judgement
        }
        guard let samples = Section(value, .minSamples, problems) else { return judgement }
        judgement.minSamplesOfStream = samples.integer("streams", inherited.minSamplesOfStream)
        judgement.minSamplesOfProbe = samples.integer("probes", inherited.minSamplesOfProbe)
        return judgement
    }
}

extension StreamConfiguration {
    /// Whether a line can have a latency.
    fileprivate var tellsLatency: Bool {
        switch format {
        case .nginx(let text): (try? LogFormat(text, roles: roles))?.hasLatency ?? true
        case .json, .logfmt, .regex, .lines: roles[.latency] != nil
        }
    }
}
