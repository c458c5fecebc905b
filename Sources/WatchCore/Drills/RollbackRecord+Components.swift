// How long each part of a rollback took beside how long it ought to take: the table of the
// playbooks ("Recovery Time Objectives").

extension RollbackRecord {
    /// The gates together, a step with all its tries, landing, or validation.
    public struct Component: Hashable, Sendable, Codable {
        public var name: String
        /// Seconds; nil: it never ended.
        public var took: Double?
        /// Seconds; nil: nobody said.
        public var target: Double?
        public var late: Bool

        init(_ name: String, took: Duration?, target: Duration?) {
            self.name = name
            self.took = took?.seconds
            self.target = target?.seconds
            late = took.map { took in target.map { took > $0 } ?? false } ?? false
        }

        /// `application took 17m, target 15m`.
        public var text: String {
            let limit = target.map { ", target \(Self.text($0))" } ?? ""
            return "\(name) \(took.map { "took \(Self.text($0))" } ?? "never ended")\(limit)"
        }

        public static func text(_ seconds: Double) -> String {
            Duration.seconds(seconds).shown.text
        }
    }

    static let gates = "gates"
    static let landing = "landing"
    static let validation = "validation"

    /// In the order in which they began.
    public var components: [Component] {
        var spans: [Span] = []
        for step in steps {
            guard let name = Self.component(step.title) else { continue }
            let end = step.took.map { step.began + $0 }
            if let place = spans.lastIndex(where: { $0.name == name }) {
                spans[place].ended = end
            } else {
                spans.append(
                    Span(name: name, began: step.began, ended: end, target: step.target))
            }
        }
        var components = spans.map { span in
            Component(span.name, took: span.ended.map { $0 - span.began }, target: span.target)
        }
        guard let verifying else { return components }
        components.append(
            Component(Self.landing, took: landed.map { $0 - verifying }, target: nil))
        guard let landed else { return components }
        components.append(
            Component(
                Self.validation, took: ended.map { $0 - landed },
                target: verifyTarget.map { .seconds($0) }))
        return components
    }

    /// Where the plan says how long it ought to take, and it has ended.
    public var timedValidation: Component? {
        guard verifyTarget != nil, ended != nil else { return nil }
        return components.last { $0.name == Self.validation }
    }

    private struct Span {
        var name: String
        var began: WallTime
        var ended: WallTime?
        var target: Duration?
    }

    /// nil: it is part of landing.
    private static func component(_ title: String) -> String? {
        if title.hasPrefix("gate ") { return gates }
        if title.hasPrefix("check of method ") { return nil }
        guard let mark = title.ranges(of: ", try ").last,
            title[mark.upperBound...].allSatisfy(\.isNumber)
        else { return title }
        return String(title[..<mark.lowerBound])
    }
}

extension RollbackRecord.StepRecord {
    /// It took longer than it ought to.
    public var isLate: Bool { took.map { took in target.map { took > $0 } ?? false } ?? false }
}

extension Duration {
    /// As people want to read it: tenths below a minute, whole seconds above.
    public var shown: Duration {
        let grain: Int64 = self < .minutes(1) ? 100_000_000 : 1_000_000_000
        return Duration(nanoseconds: nanoseconds / grain * grain)
    }

    public var inWholeSeconds: Duration {
        Duration(nanoseconds: nanoseconds / 1_000_000_000 * 1_000_000_000)
    }
}
