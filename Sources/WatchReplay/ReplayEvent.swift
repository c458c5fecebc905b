// What a replay tells (DESIGN §6 "Replay"): the events that outside programs may rely on, made of
// what the engine writes into its journal.

public import WatchCore

public struct ReplayEvent: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case breached = "trigger.breached"
        case cleared = "trigger.cleared"
        case insufficient = "trigger.insufficient"
        case blind = "trigger.blind"
        case detected = "release.detected"
        case good = "release.good"
        case bad = "release.bad"
        case decision
    }

    public enum Decision: String, Hashable, Sendable, CaseIterable {
        case rollback, page, hold, record
    }

    public var time: WallTime
    public var service: String
    public var kind: Kind
    public var trigger: String?
    public var severity: Severity?
    public var release: ReleaseIdentity?
    public var decision: Decision?
    /// A stable code; of decisions only.
    public var reason: String?
    /// nil: it does not apply.
    public var readings: [String: Reading]?
    /// For people, not for programs.
    public var text: String
    /// Of a decision: the first bad second since the release began, where there was one.
    public var firstBad: WallTime?

    /// What ends the reason of a rollback whose gates nobody asked.
    static let gatesAssumed = "gates-assumed"

    /// nil: an entry of the journal that the contract does not name.
    init?(_ record: EventRecord) {
        guard let service = record.service, let kind = Self.kind(record.kind) else { return nil }
        time = record.time
        self.service = service
        self.kind = kind
        release = record.release
        text = record.text
        switch kind {
        case .breached, .cleared, .insufficient, .blind:
            trigger = record.trigger
            severity = record.severity
            readings = record.readings
        case .detected, .good, .bad: break
        case .decision:
            trigger = record.trigger
            severity = record.severity
            readings = record.readings
            let decision = record.decision.flatMap(Decision.init(rawValue:)) ?? .record
            self.decision = decision
            reason = record.reason
            if decision == .rollback {
                reason = [record.reason, Self.gatesAssumed].compactMap { $0 }
                    .joined(separator: ", ")
            }
        }
    }

    private static func kind(_ name: String) -> Kind? {
        // Of a trigger in shadow mode; its reason says what it would have decided.
        name == "would-have-acted" ? .decision : Kind(rawValue: name)
    }
}

// MARK: - JSON

extension ReplayEvent {
    /// One line of the contract, without its newline: always the same keys in the same order.
    public var json: String {
        let fields: [(String, String)] = [
            ("time", jsonQuoted(time.text)), ("service", jsonQuoted(service)),
            ("event", jsonQuoted(kind.rawValue)), ("trigger", Self.text(trigger)),
            ("severity", Self.text(severity?.rawValue)), ("release", releaseJSON),
            ("decision", Self.text(decision?.rawValue)), ("reason", Self.text(reason)),
            ("readings", readingsJSON),
        ]
        return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    private var releaseJSON: String {
        guard let release else { return "null" }
        return "{\"version\":\(jsonQuoted(release.version)),"
            + "\"commit\":\(Self.text(release.commit))}"
    }

    private var readingsJSON: String {
        guard let readings else { return "null" }
        let entries = readings.sorted { $0.key < $1.key }.map { operand, reading in
            let value = reading.value.flatMap(Self.number) ?? "null"
            return "\(jsonQuoted(operand)):{\"value\":\(value),\"samples\":\(reading.samples)}"
        }
        return "{" + entries.joined(separator: ",") + "}"
    }

    /// JSON knows neither infinity nor NaN.
    private static func number(_ value: Double) -> String? {
        guard value.isFinite else { return nil }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    private static func text(_ text: String?) -> String { text.map(jsonQuoted) ?? "null" }
}
