// The phase of liveness: nothing fails any more, people answer, and everything must come to rest
// and stay there.

import WatchCore

extension Simulation {
    /// Simulated seconds in which all must be over.
    static let restWithin = 4000

    func comeToRest() throws(Violation) {
        isHealing = true
        say("from here on nothing fails any more")
        storeFailsUntil = 0
        crashIn = nil
        for world in worlds { world.heal() }
        networkDownUntil = 0
        try endOperations()
        if isDown { upAt = clock.time }
        try pass(1)
        try drain()
        let began = clock.time
        while clock.time - began < Int64(Self.restWithin) * Clock.second {
            if events >= limit, isAtRest { break }
            try pass(2)
            let spent = (clock.time - began) / Clock.second
            if spent > 120, spent % 60 < 2 { try closeWhatPeopleMustClose() }
        }
        try checkRest()
    }

    private var isAtRest: Bool {
        !isDown && orders.isEmpty && inbox.isEmpty && !store.isFailing && outbox.waiting.isEmpty
            && delayed.isEmpty
            && worlds.allSatisfy { !engine.hasRollback($0.name) && !engine.hasIncident($0.name) }
            && !emitted.services.hasScheduled
            && engine.openBlindIncidents.isEmpty
    }

    /// What was handed over or declared waits for a person's word.
    private func closeWhatPeopleMustClose() throws(Violation) {
        for world in worlds {
            if let id = emitted.services[world.name]?.scheduled?.id {
                try command(.abort(rollback: id, reason: "not any more"))
            }
            guard let seen = engine.inspect(world.name), let incident = seen.incident else {
                continue
            }
            // No signal says that an operation is over and well.
            let isPeoples =
                incident.breaches.isEmpty || seen.isForPeople
                || incident.breaches.contains { $0.trigger.hasPrefix("operation-") }
                || isUnknowable(incident, of: world)
            if isPeoples || incident.state == .handedOver {
                try command(.resolve(incident: incident.id, comment: "done"))
            }
        }
    }

    /// What is measured against a baseline stays unknown where the baseline is gone.
    private func isUnknowable(_ incident: IncidentRecord, of world: ServiceWorld) -> Bool {
        incident.breaches.contains { breach in
            guard breach.cleared == nil,
                let rule = scenario.rules[world.name]?[breach.trigger]
            else { return false }
            return !rule.isJudged
        }
    }

    private func checkRest() throws(Violation) {
        for world in worlds {
            let seen = engine.inspect(world.name)
            if let rollback = seen?.rollback {
                throw Violation("comes-to-rest", "\(rollback.id) never ends")
            }
            if let incident = seen?.incident {
                throw Violation(
                    "comes-to-rest", "\(incident.id) stays \(incident.state.rawValue)")
            }
            let open = emitted.services[world.name]?.open ?? [:]
            if let id = open.keys.first {
                throw Violation("comes-to-rest", "\(id) was forgotten")
            }
        }
        if let lost = emitted.unheard.first {
            throw Violation("every-incident-is-paged", "nobody ever heard of \(lost)")
        }
        if !outbox.waiting.isEmpty {
            throw Violation("comes-to-rest", "\(outbox.waiting.count) messages never went out")
        }
    }
}
