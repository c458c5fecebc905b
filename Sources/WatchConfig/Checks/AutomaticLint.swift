// What a rule that acts by itself must not be built on.

import WatchCore

struct AutomaticLint {
    let service: ServiceConfiguration
    let problems: Problems

    func check(_ trigger: TriggerDraft) {
        checkNames(
            trigger.configuration.when.operands, trigger.configuration.name, trigger.when)
        checkSpan(trigger)
        checkOutsiders(trigger)
    }

    /// Whoever adds a probe must not change what rolls back.
    func checkNames(_ operands: [Operand], _ rule: String, _ when: YAMLValue) {
        guard operands.contains(.failing([])) else { return }
        let names = service.askedNames.prefix(4).joined(separator: ", ")
        problems.error(
            Expressions.place(ofCall: "failing", in: when),
            "the automatic rule '\(rule)' must name the probes it asks",
            "write failing(\(names.isEmpty ? "PROBE, …" : names))")
    }

    /// Later than a release is suspected.
    private func checkSpan(_ trigger: TriggerDraft) {
        let rule = trigger.configuration
        let within = rule.suspectFor ?? service.suspectFor
        let begin = rule.when.earliestAge(warmUp: rule.judgement.warmUp) ?? .zero
        let lasting = 0.9 * (rule.sustainedFor ?? .zero).seconds
        guard begin.seconds + lasting >= within.seconds else { return }
        var parts: [String] = []
        if begin > .zero { parts.append("its windows answer after \(begin.text)") }
        if let span = rule.sustainedFor { parts.append("'for' is \(span.text)") }
        parts.append("suspect_for is \(within.text)")
        let shorten = rule.sustainedFor == nil ? "warm_up" : "'for' or warm_up"
        problems.warning(
            trigger.forPlace ?? trigger.when.place,
            "'\(rule.name)' can only fire when no release is suspected any more: "
                + parts.joined(separator: ", "),
            "shorten \(shorten), or write a longer suspect_for")
    }

    /// Whoever can write a line of the log could roll back production.
    private func checkOutsiders(_ trigger: TriggerDraft) {
        let rule = trigger.configuration
        for operand in rule.when.operands {
            guard case .matches(let stream, let pattern, _) = operand,
                service.stream(stream)?.holdsOutsidersText ?? false
            else { continue }
            let floods = [false, true].map { isOld in
                Scenario(
                    service: service, judgement: rule.judgement,
                    samples: rule.judgement.minSamplesOfStream, isOld: isOld, matches: 1_000_000)
            }
            guard floods.contains(where: { $0.fires(rule.when) }) else { continue }
            problems.warning(
                Expressions.place(of: "\(stream).\(pattern)", in: trigger.when),
                "outsiders write the requests that '\(stream)' logs: whoever sends what "
                    + "'\(pattern)' matches fires the automatic rule '\(rule.name)'",
                "join it to what they cannot write, as in and error_rate(\(stream), 2m) > 5%, "
                    + "or leave mode: auto out")
            return
        }
    }
}

extension StreamConfiguration {
    /// Whether its lines hold what clients sent: request line, headers, cookies, user name.
    var holdsOutsidersText: Bool {
        switch format {
        case .nginx(let format):
            format.split(separator: "$").dropFirst().contains { part in
                let name = part.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                return Self.outsidersVariables.contains(String(name))
                    || ["arg_", "http_", "cookie_"].contains(where: name.hasPrefix)
            }
        // What a program logs is its own affair, unless it logs requests: what has a status was
        // asked for by somebody.
        case .json, .logfmt, .regex, .lines: roles[.route] != nil || roles[.status] != nil
        }
    }

    /// Of nginx (ngx_http_core_module, "Embedded Variables").
    private static let outsidersVariables: Set<String> = [
        "request", "request_uri", "uri", "document_uri", "args", "query_string", "remote_user",
        "request_body", "host",
    ]
}
