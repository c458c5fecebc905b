// Deployments and migrations that run as guarded operations: somebody says when they begin and end,
// and how long they ought to take.

extension ServiceEngine {
    /// - Parameter estimate: nil: nobody knows, so that `overrun` of it is unknown.
    mutating func beginOperation(
        _ operation: String, estimate: Duration?, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        guard Self.canBeNamed(operation) else {
            return CommandReply(
                status: .refused, reason: "unusable-value",
                message: "'\(printable(operation, limit: 60))' cannot name an operation: use "
                    + "letters, digits, '_' and '-', a letter first, at most 64")
        }
        if let estimate, estimate <= .zero {
            return CommandReply(
                status: .refused, reason: "unusable-value",
                message: "an estimate of \(estimate.text) cannot be kept; write 30m or so")
        }
        if let running = state.operation(operation) {
            let age = (context.now.boot - running.began.boot).text
            return CommandReply(
                status: .refused, reason: Reason.busy.code,
                message: "'\(operation)' of \(name) runs already, begun \(age) ago by \(running.by)"
            )
        }
        let running = state.operations ?? []
        guard running.count < Operation.limit else {
            return CommandReply(
                status: .refused, reason: Reason.busy.code,
                message: "\(running.count) operations of \(name) run already: "
                    + running.map(\.name).sorted().joined(separator: ", "))
        }
        let new = Operation(
            name: operation, began: context.now, estimate: estimate, by: peer.name)
        state.operations = running + [new]
        context.isDirty = true
        let within = estimate.map { ", estimated to take \($0.text)" } ?? ""
        context.events.append(
            event(
                "operation.began", context, reason: peer.name,
                text: "operation '\(operation)' began\(within)"))
        return CommandReply(
            status: .done, message: "\(name): operation '\(operation)' has begun\(within)")
    }

    mutating func endOperation(
        _ operation: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        guard let running = state.operation(operation) else {
            let names = (state.operations ?? []).map(\.name).sorted()
            let hint = names.isEmpty ? "none runs" : "running: \(names.joined(separator: ", "))"
            return CommandReply(
                status: .notFound,
                message:
                    "no operation '\(printable(operation, limit: 60))' of \(name) runs (\(hint))")
        }
        let left = (state.operations ?? []).filter { $0.name != operation }
        state.operations = left.isEmpty ? nil : left
        context.isDirty = true
        let took = (context.now.boot - running.began.boot).text
        let estimate = running.estimate.map { " of an estimated \($0.text)" } ?? ""
        context.events.append(
            event(
                "operation.ended", context, reason: peer.name,
                text: "operation '\(operation)' ended after \(took)\(estimate)"))
        return CommandReply(
            status: .done, message: "\(name): operation '\(operation)' ended after \(took)")
    }

    /// What `overrun(…)` can name.
    private static func canBeNamed(_ name: String) -> Bool {
        guard let expression = try? Expression("overrun(\(name)) > 1") else { return false }
        return expression.operands == [.overrun(operation: name)] && name.utf8.count <= 64
    }
}
