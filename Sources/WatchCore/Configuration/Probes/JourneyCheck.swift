// The probe kind `journey`: what a customer does, request by request. What one answer says can be
// used in the requests after it; a jar keeps the cookies of one run.

public struct JourneyCheck: Hashable, Sendable, Codable {
    /// A person does not do more in one go, and each is a signal of its own.
    public static let stepLimit = 20
    public static let repeatLimit = 100

    /// A value of an answer, for the steps after it.
    public struct Saved: Hashable, Sendable, Codable {
        public enum Source: Hashable, Sendable, Codable {
            case json(JSONPath)
            case header(String)
            /// A pattern over the body; its first group, or the whole match.
            case pattern(String)
            /// What the jar holds under that name.
            case cookie(String)
        }

        /// `${name}` stands for it.
        public var name: String
        public var source: Source

        public init(name: String, source: Source) {
            self.name = name
            self.source = source
        }
    }

    /// Asked again until it passes.
    public struct Retry: Hashable, Sendable, Codable {
        /// Besides the first time.
        public var times: Int
        public var every: Duration

        public init(times: Int, every: Duration) {
            self.times = times
            self.every = every
        }
    }

    public struct Step: Hashable, Sendable, Codable {
        /// `step2` for the second, unless it has one of its own.
        public var name: String
        public var request: HTTPRequestSpec
        public var expectation: HTTPExpectation
        public var degradedUnless: HTTPExpectation?
        public var saves: [Saved] = []
        /// Asked so often in a row.
        public var repeats = 1
        public var retry: Retry?
        /// Of the whole step, within that of the journey; nil: what that leaves.
        public var timeout: Duration?
        /// A clean-up, which is asked whatever became of the steps before it.
        public var isAlways = false

        public init(
            name: String, request: HTTPRequestSpec,
            expectation: HTTPExpectation = HTTPExpectation()
        ) {
            self.name = name
            self.request = request
            self.expectation = expectation
        }

        /// What must have been saved before.
        public var needs: Set<String> { Set(request.templates.flatMap(\.variables)) }
    }

    /// Those that are `isAlways` come last.
    public var steps: [Step]

    public init(steps: [Step]) { self.steps = steps }

    /// What clean-ups keep back of the journey's time, so that a step that hangs leaves them some:
    /// their own `timeout`, and for those without one a fifth of all together.
    public func kept(of timeout: Duration) -> Duration {
        let own = steps.filter(\.isAlways)
        let named = own.compactMap(\.timeout).reduce(Duration.zero, +)
        return named + (own.contains { $0.timeout == nil } ? timeout / 5 : .zero)
    }
}

extension ProbeConfiguration {
    /// What a step of a journey is called wherever signals have names.
    public static func signal(ofStep step: String, in journey: String) -> String {
        "\(journey).\(step)"
    }

    public var journey: JourneyCheck? {
        if case .journey(let journey) = kind { journey } else { nil }
    }

    /// Each step of a journey as a signal of its own; it is never asked by itself.
    public var steps: [ProbeConfiguration] {
        (journey?.steps ?? []).map { step in
            ProbeConfiguration(
                name: Self.signal(ofStep: step.name, in: name), every: every,
                timeout: step.timeout ?? timeout, failures: failures, successes: successes,
                kind: .step(step))
        }
    }

    /// Whether its results come with those of a journey.
    public var isStep: Bool { if case .step = kind { true } else { false } }
}

extension ServiceConfiguration {
    /// What is asked by itself: steps are not counted beside their journeys.
    public var askedProbes: [ProbeConfiguration] { probes.filter { !$0.isStep } }

    /// Their names, without a copy of each.
    public var askedNames: [String] { probes.lazy.filter { !$0.isStep }.map(\.name) }
}
