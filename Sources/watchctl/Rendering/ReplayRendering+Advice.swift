// What would change the answer: a sceptic's next questions, answered.

import WatchCore
import WatchReplay

extension ReplayRendering {
    var advice: [Line] {
        var points: [String] = []
        let decisions = findings.events.filter { $0.kind == .decision }
        for service in configuration.services {
            let reasons = Set(
                decisions.filter { $0.service == service.name }.compactMap(\.reason))
            points += reasons.sorted().compactMap { remedy($0, service) }
        }
        points += blindAdvice + triggersThatCouldNotSpeak
        points += firedOften(decisions)
        guard !points.isEmpty else { return [] }
        var seen: Set<String> = []
        return [.empty, Line("What would change the answer", .strong)]
            + points.filter { seen.insert($0).inserted }
            .flatMap { paragraph($0, first: "  - ", rest: "    ") }
    }

    private func remedy(_ reason: String, _ service: ServiceConfiguration) -> String? {
        let name = safe(service.name)
        switch reason {
        case "no-known-good":
            return "\(name) had no release to go back to: name one with --known-good "
                + "\(name)=VERSION, or begin the record \(service.bake.text) of health earlier, so "
                + "that its first release becomes good."
        case "release-unknown":
            return "Which release of \(name) ran is not known: say it with --release "
                + "\(name)=VERSION@TIME, or give a probe file with versions."
        case "no-release-suspect":
            return "No release of \(name) was young enough to be blamed: when one was deployed "
                + "shortly before, say so with --release \(name)=VERSION@TIME; it is suspect for "
                + "\(service.suspectFor.text)."
        case "cooldown", "limit-reached":
            return "\(name) had been rolled back shortly before (limits:); people would have had "
                + "to act."
        case "common-cause":
            return "Several services broke within a minute, so that no release was blamed; "
                + "depends_on: between them would change that."
        case "probation", "not-the-release":
            return "\(name) had just been rolled back; after that a breach only pages."
        case "no-plan":
            return "\(name) has no rollback plan (rollback: { plan: … })."
        case "awaiting-approval":
            return "Each method of the plan of \(name) needs an approval, and a replay approves "
                + "nothing."
        case _ where reason.hasSuffix("gates-assumed"):
            return "Gates were not asked: one of them could still forbid the rollback of \(name). "
                + "A host that is disarmed only pages."
        case _ where reason.hasPrefix("trigger:"):
            let trigger = service.triggers.first { "trigger:\($0.name)" == reason }
            return trigger.flatMap { pageOnly($0, name) }
        default: return nil
        }
    }

    private func pageOnly(_ trigger: TriggerConfiguration, _ service: String) -> String? {
        switch trigger.mode {
        case .page:
            "'\(safe(trigger.name))' only pages: with mode: auto and a severity whose policy says "
                + "action: rollback it may roll back by itself. Try it in a copy of the file."
        case .auto:
            "'\(safe(trigger.name))' may act, but the policy of severity "
                + "\(trigger.severity.rawValue) does not say action: rollback."
        case .shadow, .veto: nil
        }
    }

    private var triggersThatCouldNotSpeak: [String] {
        configuration.services.filter { service in
            request.inputs.contains { $0.service == service.name }
        }.flatMap { service -> [String] in
            let silent = service.triggers.filter {
                (findings.highest[service.name]?[$0.name] ?? [:]).isEmpty
                    && blindness(of: $0, service).isEmpty
            }
            guard !silent.isEmpty else { return [] }
            let names = silent.map { "'\(safe($0.name))'" }.joined(separator: ", ")
            let absent = missing(service)
            let what =
                absent.isEmpty
                ? "there was too little data (min_samples, warm_up)"
                : "give " + absent.map { safe($0) }.joined(separator: ", ")
                    + " with --stream or --probe"
            return ["\(safe(service.name)): \(names) could never be judged; \(what)."]
        }
    }

    /// Rules that nobody would bear.
    private func firedOften(_ decisions: [ReplayEvent]) -> [String] {
        guard let begin = findings.begin, let end = findings.end else { return [] }
        let days = max((end - begin).seconds / 86400, 1)
        let counts = Dictionary(
            grouping: findings.events.filter { $0.kind == .breached },
            by: { "\($0.service)/\($0.trigger ?? "")" }
        ).mapValues(\.count)
        return counts.filter { Double($0.value) / days >= 5 }.sorted { $0.key < $1.key }.map {
            "\(safe($0.key)) fired \($0.value) times: a wider window, for:, clear_for: or a higher "
                + "threshold would calm it; --suggest computes one from a quiet record."
        }
    }
}
