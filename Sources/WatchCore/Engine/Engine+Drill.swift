// A drill is asked for by plan; its service follows from the configuration.

extension Engine {
    mutating func drill(
        _ request: DrillRequest, by peer: Peer, at now: Moment
    ) -> (reply: CommandReply, effects: [Effect]) {
        guard let plan = configuration.plan(request.plan) else {
            let known = configuration.plans.map(\.name).joined(separator: ", ")
            return (
                CommandReply(
                    status: .notFound,
                    message: "there is no plan '\(printable(request.plan))'; "
                        + "known: \(known.isEmpty ? "none" : known)"), []
            )
        }
        guard let drill = plan.drill else {
            return (
                CommandReply(
                    status: .refused, reason: Reason.noPlan.code,
                    message: "plan \(plan.name) has no place to be drilled on; add "
                        + "drill: { service: NAME } to it"), []
            )
        }
        return on(drill.service, now) { $0.drill(request, by: peer, &$1) }
    }
}
