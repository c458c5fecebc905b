// `walk_back: 1`: the last known good release landed and did not help, so one older good release
// may be tried, once. It is a rollback of its own, with gates, limits and verification.

extension ServiceEngine {
    /// Whether it was begun. Only what watchd decided by itself walks back: a person named, or
    /// approved, one release. Where it is not known what a step did before a crash, nothing does.
    mutating func walkBack(
        from rollback: Rollback, _ why: String, _ context: inout Context
    ) -> Bool {
        let walked = rollback.walkedBack ?? 0
        guard case .watchd(let name) = rollback.asker, !rollback.isUnsure,
            walked < rollback.plan.walkBack ?? 0,
            let trigger = trigger(name),
            let older = state.book.lastGood(besides: [rollback.from, rollback.to])
        else { return false }
        end(.failed, note: "\(why); \(older.identity.text) is tried next", &context)
        if let refusal = walkBackRefusal(trigger, to: older, context) {
            context.events.append(
                event("walk-back.refused", context, reason: refusal.reason.code, text: refusal.text)
            )
            leaveToPeople(
                rollback, reason: Reason.notTheRelease.code,
                "\(why); \(older.identity.text) is not tried, because \(refusal.text)",
                offersMore: true, &context)
            return true
        }
        state.incident?.record.decided = context.now.wall
        takeEvidence(&context)
        context.events.append(
            event(
                "decision", context, trigger: trigger, decision: "rollback",
                reason: Reason.trigger(name).code,
                text: "\(why); walk_back allows one older release: \(older.identity.text)",
                readings: incidentReadings))
        beginRollback(
            RollbackStart(
                plan: rollback.plan, target: older, asker: rollback.asker, wasHandedOver: true,
                walkedBack: walked + 1), &context)
        return true
    }
}
