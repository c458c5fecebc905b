// Which fields of a stream are counted as distinct values: a sketch for each second of each field
// costs memory and time, so only for those that some rule asks for.

extension Configuration {
    /// The fields that `affected(stream.field, W)` names in a trigger of the service or in what a
    /// plan verifies. Filters may read the others; nobody counts them.
    public func audiences(service: String, stream: String) -> Set<String> {
        let rules = self.service(service)?.triggers.map(\.when) ?? []
        let asked = AskedOfSignals(rules + Engine.verifyExpressions(self))
        return Set((asked.needs[stream]?.audiences ?? [:]).keys)
    }
}
