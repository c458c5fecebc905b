// A rollback of another service may stop this one and start it again. What is seen meanwhile is no
// news: it is detected and recorded as ever, but nobody is paged for it and nothing is rolled back
// because of it. When it is over the service is judged as if it had been deployed anew: by what
// comes in from then on.

/// Durable: whoever ended the other rollback, this service still has to be judged anew.
struct SpannedBy: Hashable, Sendable, Codable {
    var rollback: String
    /// When that rollback's settling ended; nil: it goes on, and so does the work.
    var settled: WallTime?
}

extension ServiceEngine {
    /// Asked before anything is judged.
    mutating func advanceSpanned(_ context: inout Context) {
        guard let holder = context.holder(of: name) else {
            if state.spannedBy != nil { leaveSpan(&context) }
            return
        }
        if state.spannedBy?.rollback != holder.rollback {
            state.spannedBy = SpannedBy(rollback: holder.rollback ?? "")
            context.isDirty = true
            context.events.append(
                event(
                    "span.began", context, reason: holder.rollback,
                    text: "rollback \(holder.rollback ?? "") of \(holder.name) stops \(name) and "
                        + "starts it again; until then nobody is paged for it"))
        }
        guard state.spannedBy?.settled != holder.settled else { return }
        state.spannedBy?.settled = holder.settled
        if holder.settled != nil { judgeAfresh(&context) }
        context.isDirty = true
    }

    /// What was breached was breached by the work.
    private mutating func judgeAfresh(_ context: inout Context) {
        restartWindows(at: context.now.boot)
        let why = "the service was stopped and started; waiting for samples of after that"
        for trigger in configuration.triggers where trigger.mode != .veto {
            triggers.update(trigger.name) { $0.endEarly(now: context.now, why) }
            forgetOngoing(trigger.name, &context)
            state.incident?.markCleared(trigger.name, at: context.now.wall)
        }
    }

    private mutating func leaveSpan(_ context: inout Context) {
        guard let spanned = state.spannedBy else { return }
        if spanned.settled == nil { judgeAfresh(&context) }
        state.spannedBy = nil
        context.isDirty = true
        context.events.append(
            event(
                "span.ended", context, reason: spanned.rollback,
                text: "rollback \(spanned.rollback) has ended, and pages for \(name) go out again"))
    }

    /// What stops this service now, or did so until a moment ago.
    func spanningRollback(_ context: Context) -> String? {
        context.holder(of: name)?.rollback ?? state.spannedBy?.rollback
    }

    /// Two rollbacks that stop the same service would undo one another.
    func spanRefusal(_ plan: Plan?, _ context: Context) -> Refusal? {
        let mine = Set(plan?.spanned ?? [])
        for other in context.neighbours where other.name != name && other.rollback != nil {
            let id = other.rollback ?? ""
            if other.spans.contains(name) {
                return Refusal(
                    .busy, "rollback \(id) of \(other.name) stops \(name) and starts it again")
            }
            if mine.contains(other.name) {
                return Refusal(
                    .busy,
                    "\(other.name), which plan \(plan?.name ?? "") stops, is itself being rolled "
                        + "back (\(id))")
            }
            if let both = other.spans.first(where: mine.contains) {
                return Refusal(.busy, "rollback \(id) of \(other.name) stops \(both), too")
            }
        }
        return nil
    }
}

extension Context {
    /// Whose rollback has stopped that service, or begun to.
    func holder(of service: String) -> Neighbour? {
        holders.first { $0.name != service && $0.spans.contains(service) }
    }
}

extension Neighbour {
    /// What others must know of a rollback.
    mutating func note(_ rollback: Rollback) {
        self.rollback = rollback.id
        spans = rollback.plan.spanned
        holds = rollback.hasStopped ?? false
        if case .curing(let curing) = rollback.stage { settled = curing.settled?.wall }
    }
}

// MARK: - Probes of the services that are started again

extension ServiceEngine {
    /// - Parameter probe: of this service, or `SERVICE/PROBE`.
    func health(ofProbe probe: String, _ context: Context) -> ProbeHealth? {
        guard let slash = probe.firstIndex(of: "/") else { return probes[probe]?.health }
        let service = probe[..<slash]
        let own = String(probe[probe.index(after: slash)...])
        return context.neighbours.first { $0.name == service }?.probes[own]
    }

    mutating func probeForVerification(_ names: [String], _ context: inout Context) {
        var byService: [String: [String]] = [:]
        for name in names {
            let slash = name.firstIndex(of: "/")
            let service = slash.map { String(name[..<$0]) } ?? self.name
            let probe = slash.map { String(name[name.index(after: $0)...]) } ?? name
            byService[service, default: []].append(probe)
        }
        for (service, probes) in byService.sorted(by: { $0.key < $1.key }) {
            context.actions.append(.probeNow(service: service, probes: probes))
        }
    }
}
