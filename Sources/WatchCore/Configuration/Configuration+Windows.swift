// How far back anything looks at a stream: a line that is older than that is late.

extension Configuration {
    /// The widest window of the stream that some rule, or the display, looks at.
    public func widestWindow(service: String, stream: String) -> Duration {
        let rules = self.service(service)?.triggers.map(\.when) ?? []
        let asked = AskedOfSignals(rules + Engine.verifyExpressions(self))
        let needs = asked.needs[stream] ?? SignalNeeds()
        var widths = asked.widths[stream, default: []].union(needs.routes).union(needs.unparsed)
        for more in needs.patterns.values { widths.formUnion(more) }
        for more in needs.audiences.values { widths.formUnion(more) }
        return Swift.max(.minutes(1), widths.max() ?? .zero)
    }
}
