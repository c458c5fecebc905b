// Where maintenance forbids automatic action.

extension ServiceEngine {
    /// nil: no maintenance. While there is one a forbidden rollback is recorded, not paged.
    func maintenanceRefusal(_ context: Context) -> Refusal? { nil }
}
