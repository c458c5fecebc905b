// A plan that nobody has rehearsed for long is a plan that nobody knows to work. The service it
// is drilled on tells people, by the same kind of message as readiness, and takes it back when a
// drill has passed.

extension ServiceEngine {
    /// Between two looks.
    static let drillsLookedAtEvery = Duration.minutes(1)

    /// Where what is not urgent goes.
    static func lowRoute(_ context: Context) -> RouteConfiguration? {
        context.configuration.policy(.low).page.flatMap { context.configuration.route($0) }
            ?? context.configuration.route("team")
    }

    /// Asked once a second.
    mutating func advanceDrillsDue(_ context: inout Context) {
        let now = context.now.boot
        if let last = drillsLookedAt, now - last < Self.drillsLookedAtEvery { return }
        drillsLookedAt = now
        guard !context.mode.assumesRollbacks, !context.isRetired(name) else { return }
        for plan in context.configuration.plans where plan.drill?.service == name {
            judgeDrills(of: plan, &context)
        }
    }

    private mutating func judgeDrills(of plan: Plan, _ context: inout Context) {
        let known = context.host.drills(of: plan.name)
        guard plan.drill?.every != nil else { return }
        guard let known, known.since != nil else {
            let since = context.now.wall
            context.host.updateDrills(of: plan.name) { $0.since = since }
            return
        }
        let standing = DrillStanding(plan, known, now: context.now.wall)
        if let told = known.told, !standing.isOverdue {
            context.host.updateDrills(of: plan.name) { $0.told = nil }
            tell(plan.name, standing, isDue: false, told.channels, &context)
        } else if known.told == nil, standing.isWorthTelling, !isDrilling,
            context.maintenance(of: name) == nil,
            context.silence(service: name, trigger: nil, severity: .low) == nil
        {
            let channels = Set(Self.lowRoute(context)?.steps.first ?? []).sorted()
            context.host.updateDrills(of: plan.name) {
                $0.told = PlanDrills.Told(channels: channels, service: name)
            }
            tell(plan.name, standing, isDue: true, channels, &context)
        }
    }

    /// What was told of a plan of which no drills are asked for any more is taken back where it was
    /// told. Any service may do it: the one it was drilled on may be gone.
    mutating func forgetDrills(_ context: inout Context) {
        for known in context.host.drills ?? [] {
            guard known.since != nil || known.told != nil,
                context.configuration.plan(known.plan)?.drill?.every == nil
            else { continue }
            context.host.updateDrills(of: known.plan) {
                $0.told = nil
                $0.since = nil
            }
            guard let told = known.told else { continue }
            let text = "no drills of plan \(known.plan) are asked for any more"
            context.events.append(event("drill.told", context, reason: "removed", text: text))
            send(
                .resolve, of: known.plan, on: told.service ?? name, code: "removed",
                title: "plan \(known.plan): no drills are asked for any more",
                text: "The configuration asks for no drills of plan \(known.plan) any more. "
                    + "Nothing to do.", to: told.channels, &context)
        }
    }

    private mutating func tell(
        _ plan: String, _ standing: DrillStanding, isDue: Bool, _ channels: [String],
        _ context: inout Context
    ) {
        let code = isDue ? "drill-overdue" : "drill-passed"
        context.events.append(
            event("drill.told", context, reason: code, text: "plan \(plan): \(standing.text)"))
        send(
            isDue ? .page : .resolve, of: plan, on: name, code: code,
            title: isDue ? "plan \(plan): a drill is overdue" : "plan \(plan): it was drilled",
            text: "Plan \(plan): \(standing.text). "
                + (isDue
                    ? "Nothing is wrong now; whether it would work is not known. To rehearse it "
                        + "on \(name): `watchctl drill \(plan)`."
                    : "Nothing to do."),
            to: channels, &context)
    }

    private mutating func send(
        _ kind: Message.Kind, of plan: String, on service: String, code: String, title: String,
        text: String, to channels: [String], _ context: inout Context
    ) {
        let number = context.nextNumber()
        let message = Message(
            kind: kind, time: context.now.wall, service: service, severity: .low, title: title,
            text: text,
            fields: [
                Message.Field("severity", Severity.low.rawValue), Message.Field("reason", code),
                Message.Field("look", "watchctl status"),
            ], dedupKey: "watchd/drill/\(plan)")
        for channel in channels {
            context.messages.append(
                OutboxMessage(
                    id: "\(name)/drill/\(number)/\(channel)", channel: channel, message: message))
        }
    }
}
