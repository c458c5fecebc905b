// What holds where the files say nothing, taken from the configuration as it was understood and
// not from a second list of defaults.

import WatchCore

struct ShownDefaults {
    let configuration: Configuration

    func fill(_ tree: inout ShownTree) {
        tree["services"] = tree["services"] ?? .mapping([])
        tree.change("services") { services in
            for service in configuration.services {
                services.change(service.name) { fill(service, &$0) }
            }
        }
        tree["policy"] = tree["policy"] ?? .mapping([])
        tree.change("policy") { fillPolicy(&$0) }
        tree["limits"] = tree["limits"] ?? .mapping([])
        tree.change("limits") { limits in
            limits.fill("max_rollbacks", configuration.limits.maxRollbacks)
            limits.fill("per", configuration.limits.per)
            limits.fill("cooldown", configuration.limits.cooldown)
        }
        tree.change("plans") { plans in
            for plan in configuration.plans { plans.change(plan.name) { fill(plan, &$0) } }
        }
    }

    // MARK: - Policy

    private func fillPolicy(_ tree: inout ShownTree) {
        let routes = Set(configuration.routes.map(\.name))
        for severity in Severity.allCases.reversed() {
            let policy = configuration.policy(severity)
            tree[severity.rawValue] = tree[severity.rawValue] ?? .mapping([])
            tree.change(severity.rawValue) { section in
                section.fill("action", policy.action.rawValue)
                // A route or a role that nobody has made is none, and may not be written.
                if let page = policy.page, routes.contains(page) { section.fill("page", page) }
                if let role = policy.approve, configuration.access.approve[role] != nil {
                    section.fill("approve", role)
                }
                if let within = policy.respondWithin { section.fill("respond_within", within) }
                section.fill("ack_expires", policy.ackExpires)
                if policy.approveWithin != nil {
                    section.fill("on_timeout", policy.onTimeout.rawValue)
                }
            }
        }
    }

    // MARK: - Services

    private func fill(_ service: ServiceConfiguration, _ tree: inout ShownTree) {
        tree.fill("agree", service.agree)
        tree.fill("bake", service.bake)
        tree.fill("suspect_for", service.suspectFor)
        tree.fill("target_within", service.targetWithin)
        tree.fill("baseline_window", service.baselineWindow)
        tree.fill("warm_up", service.judgement.warmUp)
        tree.fill("clear_for", service.judgement.clearFor)
        if tree["min_samples"] == nil {
            var samples = ShownTree.mapping([])
            samples.fill("streams", service.judgement.minSamplesOfStream)
            samples.fill("probes", service.judgement.minSamplesOfProbe)
            tree["min_samples"] = samples
        }
        tree.fill("no_data", service.noData.rawValue)
        tree.fill("share_evidence", service.sharesEvidence ? "true" : "false")
        tree.change("version") { sources in
            sources.changeItems { index, source in
                guard service.version.indices.contains(index) else { return }
                source.fill("every", service.version[index].every)
                source.fill("timeout", service.version[index].timeout)
            }
        }
        tree.change("probes") { probes in
            for probe in service.probes {
                probes.change(probe.name) { section in
                    section.fill("every", probe.every)
                    section.fill("timeout", probe.timeout)
                    section.fill("failures", probe.failures)
                    section.fill("successes", probe.successes)
                }
            }
        }
        tree.change("streams") { streams in
            for stream in service.streams {
                streams.change(stream.name) { fill(stream, &$0) }
            }
        }
        tree.change("assess") { questions in
            questions.changeItems { index, question in
                guard service.assess.indices.contains(index) else { return }
                question.fill("timeout", service.assess[index].timeout)
            }
        }
        tree["operations"] = tree["operations"] ?? .mapping([])
        tree.change("operations") { operations in
            operations.fill("mode", service.operations.mode.rawValue)
            operations.fill("severity", service.operations.severity.rawValue)
        }
        tree.change("triggers") { triggers in
            triggers.changeItems { index, trigger in
                guard service.triggers.indices.contains(index) else { return }
                trigger.fill("mode", service.triggers[index].mode.rawValue)
            }
        }
    }

    private func fill(_ stream: StreamConfiguration, _ tree: inout ShownTree) {
        if stream.error == .serverError { tree.fill("error", "status >= 500") }
        tree.fill("routes", stream.countsRoutes ? "true" : "false")
        if let rule = stream.multiline, case .start = rule.shape {
            tree.change("multiline") { multiline in
                multiline.fill("lines", rule.lines)
                multiline.fill("wait", rule.wait)
            }
        }
        switch stream.kind {
        case .drain(let listener):
            tree.change("drain") { $0.fill("max_body", listener.maxBody) }
        case .syslog(let listener):
            switch listener.endpoint {
            case .unix, .unixStream:
                let mode = String(listener.mode, radix: 8)
                tree.change("syslog") { $0.fillText("mode", "0\(mode)") }
            case .udp, .tcp, .tls: break
            }
        case .file, .files, .journal, .command: break
        }
    }
}
