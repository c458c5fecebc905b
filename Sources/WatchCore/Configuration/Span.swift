// Services that a plan stops before its first method and starts again afterwards: a database is
// restored under nobody. Stops and starts are steps like any other: stops run as the last ones of
// `before`, starts as the first ones of `after`.

public struct Span: Hashable, Sendable, Codable {
    public var service: String
    public var stop: Step
    public var start: Step

    public init(service: String, stop: Step, start: Step) {
        self.service = service
        self.stop = stop
        self.start = start
    }
}

extension Plan {
    /// The services it stops, in that order.
    public var spanned: [String] { (spans ?? []).map(\.service) }

    /// In the order in which they are started: as declared, else the last one stopped first.
    public var spansInStartOrder: [Span] {
        let spans = spans ?? []
        guard let order = startOrder else { return spans.reversed() }
        return order.compactMap { name in spans.first { $0.service == name } }
    }

    /// Everything before the first method.
    public var stepsBefore: [Step] { before + (spans ?? []).map(\.stop) }
    /// Everything after a method.
    public var stepsAfter: [Step] { spansInStartOrder.map(\.start) + after }

    /// The service that a step of `stepsBefore` stops.
    func stopped(at index: Int) -> String? {
        let spans = spans ?? []
        let place = index - before.count
        return spans.indices.contains(place) ? spans[place].service : nil
    }

    /// The service that a step of `stepsAfter` starts.
    func started(at index: Int) -> String? {
        let spans = spansInStartOrder
        return spans.indices.contains(index) ? spans[index].service : nil
    }
}
