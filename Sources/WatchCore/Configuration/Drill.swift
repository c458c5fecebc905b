// Where a plan is rehearsed. A drill runs the plan as it is, against a service of its own: what
// tells that service from the real one are its variables and the credentials that are named here,
// so a real credential is in no drill that does not say so.

public struct Drill: Hashable, Sendable, Codable {
    /// A service of the configuration that no plan rolls back for real.
    public var service: String
    /// The version that is gone back to; nil: the last known good one of that service.
    public var to: String?
    /// Each credential of the plan to the one that stands for it.
    public var credentials: [String: String]
    /// Each service that the plan stops to the one that is stopped for it; nil: it stops none.
    public var spans: [String: String]?
    /// A successful drill that is older is overdue; nil: nobody asks.
    public var every: Duration?

    public init(
        service: String, to: String? = nil, credentials: [String: String] = [:],
        spans: [String: String]? = nil, every: Duration? = nil
    ) {
        self.service = service
        self.to = to
        self.credentials = credentials
        self.spans = spans
        self.every = every
    }

    /// The same text with the credentials of the drill.
    func template(_ template: Template) -> Template {
        template.mapped { reference in
            guard case .credential(let name) = reference, let other = credentials[name] else {
                return reference
            }
            return .credential(other)
        }
    }
}

extension Drill {
    /// The service that is stopped and started in the place of `service`.
    func copy(of service: String) -> String { spans?[service] ?? service }
}

extension Plan {
    /// As it runs in a drill: the same steps, with the credentials of the drill, and with other
    /// services stopped.
    func rehearsed(with drill: Drill) -> Plan {
        func step(_ step: Step) -> Step {
            var step = step
            step.action = step.action.mapped(drill.template)
            step.check = step.check?.mapped(drill.template)
            return step
        }
        var plan = self
        plan.gates = gates.map { gate in
            var gate = gate
            gate.action = gate.action.mapped(drill.template)
            return gate
        }
        plan.spans = spans?.map { span in
            Span(
                service: drill.copy(of: span.service), stop: step(span.stop),
                start: step(span.start))
        }
        plan.startOrder = startOrder?.map(drill.copy)
        plan.verify.probes = verify.probes.map { probe in
            guard let slash = probe.firstIndex(of: "/") else { return probe }
            return drill.copy(of: String(probe[..<slash])) + probe[slash...]
        }
        plan.before = before.map(step)
        plan.after = after.map(step)
        plan.methods = methods.map { method in
            var method = method
            method.steps = method.steps.map(step)
            method.check = method.check?.mapped(drill.template)
            let phases = method.phases?.phases.map { phase in
                Method.Phase(name: phase.name, undo: phase.undo?.map(step))
            }
            if let phases { method.phases?.phases = phases }
            return method
        }
        return plan
    }
}

extension Plan {
    fileprivate func actions(on service: ServiceConfiguration) -> [Action] {
        var values = ["service": service.name]
        for (name, value) in service.vars ?? [:] { values["vars.\(name)"] = value }
        return actions.map { $0.mapped { $0.filled(values) } }
    }
}

extension Configuration {
    /// What a plan may do on each service on which it may run, a drill's included, with what those
    /// say of themselves filled in.
    public func actions(of plan: Plan) -> [Action] {
        var actions = services(using: plan.name).flatMap { plan.actions(on: $0) }
        if let drill = plan.drill, let service = service(drill.service) {
            actions += plan.rehearsed(with: drill).actions(on: service)
        }
        return actions.isEmpty ? plan.actions : actions
    }

    /// Services that this plan rolls back for real.
    func services(using plan: String) -> [ServiceConfiguration] {
        services.filter { service in
            service.plan == plan || service.operations.plan == plan
                || service.triggers.contains { $0.plan == plan }
        }
    }
}
