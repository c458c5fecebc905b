// Where maintenance forbids automatic action: see decision 0019.

extension ServiceEngine {
    /// nil: no maintenance. While there is one, what would be a page is a record.
    func maintenanceRefusal(_ context: Context) -> Refusal? {
        context.maintenance(of: name).map {
            Refusal(.maintenance, "\(name) is in maintenance \($0.text)")
        }
    }

    /// A record that is one only because of maintenance: its page is kept back.
    mutating func holdBackRecord(
        _ refusal: Refusal?, for trigger: TriggerConfiguration, _ context: inout Context
    ) {
        guard let refusal, let time = context.maintenance(of: name) else { return }
        holdBack(
            .maintenance(time), .trigger(trigger.name, trigger.severity), slot: .breaches,
            title: "\(name): \(trigger.name)", text: "\(refusal.text).",
            reason: Reason.maintenance.code, &context)
    }
}
