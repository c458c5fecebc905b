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
        tree.change("triggers") { triggers in
            triggers.changeItems { index, trigger in
                guard service.triggers.indices.contains(index) else { return }
                trigger.fill("mode", service.triggers[index].mode.rawValue)
            }
        }
    }

    // MARK: - Plans

    private func fill(_ plan: Plan, _ tree: inout ShownTree) {
        tree.fill("budget", plan.budget)
        tree["verify"] = tree["verify"] ?? .mapping([])
        tree.change("verify") { verify in
            verify.fill("version", plan.verify.version)
            verify.fill("land_within", plan.verify.landWithin)
            verify.fill("settle", plan.verify.settle)
            verify.fill("clear_for", plan.verify.clearFor)
            verify.fill("timeout", plan.verify.timeout)
        }
        tree.fill("probation", plan.probation)
    }
}
