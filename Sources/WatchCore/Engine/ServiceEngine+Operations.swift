// Deployments and migrations that run as guarded operations: somebody says when they begin, which
// phases they reach and how they end, and how long they ought to take.

extension ServiceEngine {
    mutating func beginOperation(
        _ request: OperationRequest, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let operation = request.operation
        do throws(CommandRefusal) {
            try checkBegin(request, context)
        } catch {
            return CommandReply(status: .refused, reason: error.code, message: error.text)
        }
        let running = state.operations ?? []
        let new = Operation(
            name: operation, began: context.now, estimate: request.estimate, by: peer.name,
            lease: request.lease, release: request.release)
        state.operations = running + [new]
        heard[operation] = context.now.boot
        // Of one of the same name that ran before, in case this one is taken back.
        let former = state.phases(of: operation)
        let others = (state.operationPhases ?? []).filter {
            $0.operation != operation || $0 == former
        }
        state.operationPhases =
            others.suffix(OperationPhases.kept - 1) + [
                OperationPhases(
                    operation: operation, began: context.now, release: request.release)
            ]
        context.isDirty = true
        let within = request.estimate.map { ", estimated to take \($0.text)" } ?? ""
        context.events.append(
            event(
                "operation.began", context, reason: peer.name,
                text: "operation '\(operation)' began\(within), by \(peer.onRecord)"))
        if request.announces { announceRelease(of: operation, by: peer, &context) }
        return CommandReply(
            status: .done, message: "\(name): operation '\(operation)' has begun\(within)")
    }

    /// The one before that failed is not announced twice: it would look as if only the
    /// configuration had changed.
    mutating func announceRelease(
        of operation: String, by peer: Peer, _ context: inout Context
    ) {
        guard let release = state.operation(operation)?.release,
            !(tracker.announced?.identity.matches(release) ?? false)
        else { return }
        _ = announce(release, fields: [:], by: peer, &context)
    }

    private func checkBegin(
        _ request: OperationRequest, _ context: Context
    ) throws(CommandRefusal) {
        let operation = request.operation
        guard Self.canBeNamed(operation) else {
            throw CommandRefusal(
                "unusable-value",
                "'\(printable(operation, limit: 60))' cannot name an operation: use "
                    + "letters, digits, '_' and '-', a letter first, at most 64")
        }
        for time in [request.estimate, request.lease].compactMap({ $0 }) where time <= .zero {
            throw CommandRefusal(
                "unusable-value", "an estimate of \(time.text) cannot be kept; write 30m or so")
        }
        if let release = request.release, let refusal = Self.unusable(release, [:]) {
            throw CommandRefusal("unusable-value", refusal)
        }
        if let running = state.operation(operation) {
            let age = (context.now.boot - running.began.boot).text
            throw CommandRefusal(
                Reason.busy.code,
                "'\(operation)' of \(name) runs already, begun \(age) ago by \(running.by)")
        }
        // Both would work on one database; and what a failed one reached is what is being undone.
        if let id = state.$rollback.peek({ $0.id }) ?? spanningRollback(context) {
            throw CommandRefusal(
                Reason.busy.code,
                "rollback \(id) works on \(name) now; `watchctl status` shows when it has ended")
        }
        let running = state.operations ?? []
        guard running.count < Operation.limit else {
            throw CommandRefusal(
                Reason.busy.code,
                "\(running.count) operations of \(name) run already: "
                    + running.map(\.name).sorted().joined(separator: ", "))
        }
        if request.lease != nil, let problem = context.storeProblem {
            throw CommandRefusal(
                Reason.storeUnavailable.code, "what is done cannot be recorded: \(problem)")
        }
    }

    mutating func endOperation(
        _ operation: String, _ status: Int?, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        guard let running = state.operation(operation) else {
            return endUnknown(operation, status, by: peer, &context)
        }
        forget(operation)
        state.updatePhases(of: operation) {
            $0.ended = context.now
            $0.status = status
        }
        context.isDirty = true
        let took = (context.now.boot - running.began.boot).text
        let estimate = running.estimate.map { " of an estimated \($0.text)" } ?? ""
        let how = status.map { $0 == 0 ? "" : " with \(Self.ending($0))" } ?? ""
        context.events.append(
            event(
                "operation.ended", context, reason: peer.name,
                text: "operation '\(operation)' ended\(how) after \(took)\(estimate), said "
                    + peer.onRecord))
        clearOperationBreach(
            .overrun, operation, "operation '\(operation)' ended", &context)
        if let status, status != 0, running.lease != nil {
            operationBreached(
                OperationBreach(.failed, of: operation),
                "Operation '\(operation)' of \(running.by) ended with "
                    + "\(Self.ending(status)) after \(took)\(estimate)"
                    + reached(operation) + ".", &context)
        } else if status == 0 {
            // Of one that never began its work nothing is said, so nothing is over.
            let why = "operation '\(operation)' ended well"
            clearOperationBreach(.failed, operation, why, &context)
            clearOperationBreach(.lost, operation, why, &context)
        }
        return CommandReply(
            status: .done, message: "\(name): operation '\(operation)' ended\(how) after \(took)")
    }

    /// It was given up for lost, and reports after all.
    private mutating func endUnknown(
        _ operation: String, _ status: Int?, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        let lost = OperationBreach(.lost, of: operation)
        guard isOpen(lost), let status else {
            let names = (state.operations ?? []).map(\.name).sorted()
            let hint = names.isEmpty ? "none runs" : "running: \(names.joined(separator: ", "))"
            return CommandReply(
                status: .notFound,
                message:
                    "no operation '\(printable(operation, limit: 60))' of \(name) runs (\(hint))")
        }
        state.updatePhases(of: operation) {
            $0.ended = context.now
            $0.status = status
        }
        context.isDirty = true
        context.events.append(
            event(
                "operation.ended", context, reason: peer.name,
                text: "operation '\(operation)', which was given up for lost, ended with "
                    + "\(Self.ending(status)), said \(peer.onRecord)"))
        if status != 0 {
            operationBreached(
                OperationBreach(.failed, of: operation),
                "Operation '\(operation)', which was given up for lost, ended with "
                    + "\(Self.ending(status))" + reached(operation) + ".", &context)
        }
        clearOperationBreach(.lost, operation, "its end was reported after all", &context)
        return CommandReply(
            status: .done,
            message: "\(name): operation '\(operation)' had been given up for lost; its end is "
                + "noted")
    }

    /// Whoever runs it still does.
    mutating func beatOperation(_ operation: String, _ context: Context) -> CommandReply {
        guard state.operation(operation) != nil else {
            return CommandReply(
                status: .notFound,
                message: "no operation '\(printable(operation, limit: 60))' of \(name) runs")
        }
        heard[operation] = context.now.boot
        return CommandReply(status: .done, message: "\(name): '\(operation)' is heard of")
    }

    mutating func reachPhase(
        _ phase: String, of operation: String, by peer: Peer, _ context: inout Context
    ) -> CommandReply {
        func refuse(_ code: String, _ text: String) -> CommandReply {
            CommandReply(status: .refused, reason: code, message: text)
        }
        guard state.operation(operation) != nil, let known = state.phases(of: operation) else {
            return CommandReply(
                status: .notFound,
                message: "no operation '\(printable(operation, limit: 60))' of \(name) runs; "
                    + "begin it with: watchctl run --service \(name) -- COMMAND")
        }
        guard Identifier.isValid(phase) else {
            return refuse("unusable-value", "a phase: \(Identifier.refusal(phase))")
        }
        if let problem = context.storeProblem {
            return refuse(
                Reason.storeUnavailable.code, "the phase cannot be recorded: \(problem)")
        }
        heard[operation] = context.now.boot
        guard !known.phases.contains(phase) else {
            return CommandReply(
                status: .done, message: "\(name): '\(operation)' had reached \(phase) before")
        }
        guard known.phases.count < OperationPhases.limit else {
            return refuse(
                "too-many", "\(OperationPhases.limit) phases of an operation are enough")
        }
        state.updatePhases(of: operation) { $0.phases.append(phase) }
        context.isDirty = true
        context.events.append(
            event(
                "operation.phase", context, reason: peer.name,
                text: "operation '\(operation)' reached phase \(phase), said \(peer.onRecord)"))
        return CommandReply(status: .done, message: "\(name): '\(operation)' reached \(phase)")
    }

    mutating func forget(_ operation: String) {
        let left = (state.operations ?? []).filter { $0.name != operation }
        state.operations = left.isEmpty ? nil : left
        heard[operation] = nil
    }

    /// `, at phase copy`.
    func reached(_ operation: String) -> String {
        state.phases(of: operation)?.phases.last.map { ", at phase \($0)" } ?? ""
    }

    /// As the shell counts: 128 and its number where a signal ended it.
    static func ending(_ status: Int) -> String {
        (129...192).contains(status)
            ? "signal \(status - 128) (status \(status))" : "exit status \(status)"
    }

    /// What `overrun(…)` can name.
    private static func canBeNamed(_ name: String) -> Bool {
        guard let expression = try? Expression("overrun(\(name)) > 1") else { return false }
        return expression.operands == [.overrun(operation: name)] && name.utf8.count <= 64
    }
}
