// Everything a report says about a replay, gathered while it runs.

public import WatchCore

public struct ReplayFindings: ReplayObserver, Sendable {
    /// The extreme of an operand over the record.
    public struct Peak: Hashable, Sendable {
        public var reading: Reading
        public var time: WallTime
    }

    public struct SignalName: Hashable, Sendable {
        public var service: String
        public var signal: String

        public init(service: String, signal: String) {
            self.service = service
            self.signal = signal
        }
    }

    /// A time in which a rule could not be judged, because what it asks for could not be measured.
    public struct Blindness: Hashable, Sendable {
        public var service: String
        public var trigger: String
        public var begin: WallTime
        /// nil: it lasted to the end.
        public var end: WallTime?
        /// `error_rate(access, 2m): unparsed: 8 of 10 lines do not fit the format`.
        public var why: String
    }

    /// Events kept; a rule that flutters for a year must not fill memory.
    public static let eventLimit = 200_000
    /// Operands are read so often, in seconds.
    private static let sampling: Int64 = 10

    public private(set) var events: [ReplayEvent] = []
    public private(set) var eventsLeftOut = 0
    public private(set) var traffic: [SignalName: TrafficHistory] = [:]
    /// Highest and lowest value by service, trigger and operand.
    public private(set) var highest: [String: [String: [String: Peak]]] = [:]
    public private(set) var lowest: [String: [String: [String: Peak]]] = [:]
    /// Seconds in which each trigger was judged, and in which it was known.
    public private(set) var judged: [String: [String: Int]] = [:]
    /// In the order in which they began.
    public private(set) var blindness: [Blindness] = []
    public private(set) var begin: WallTime?
    public private(set) var end: WallTime?
    /// Values of operands while all was well; gathered for `ThresholdAdvice` only.
    private(set) var clean: [String: [String: [Float]]] = [:]
    private let configuration: Configuration
    private let gathersClean: Bool

    public init(_ configuration: Configuration, gathersClean: Bool = false) {
        self.configuration = configuration
        self.gathersClean = gathersClean
    }

    public mutating func happened(_ event: ReplayEvent) {
        if let trigger = event.trigger, ThresholdAdvice.isOwn(trigger) { return }
        noteBlindness(event)
        guard events.count < Self.eventLimit else {
            eventsLeftOut += 1
            return
        }
        events.append(event)
    }

    public mutating func saw(
        _ batch: StreamBatch, of stream: String, service: String, counts: Bool
    ) {
        let name = SignalName(service: service, signal: stream)
        for slice in batch.slices { traffic[name, default: TrafficHistory()].add(slice) }
    }

    public mutating func judged(_ engine: Engine, at time: WallTime) {
        begin = begin ?? time
        end = time
        guard time.nanoseconds / 1_000_000_000 % Self.sampling == 0 else { return }
        let now = Moment(boot: Instant(nanoseconds: time.nanoseconds), wall: time)
        for service in configuration.services {
            let figures = engine.figures(of: service.name, at: now)
            let isClean =
                gathersClean
                && !service.triggers.contains { engine.isBreached($0.name, of: service.name) }
            for (trigger, readings) in figures {
                if !readings.values.contains(where: \.isBlind) {
                    endBlindness(of: trigger, service.name, at: time)
                }
                for (operand, reading) in readings {
                    guard let value = reading.value, value.isFinite else { continue }
                    if ThresholdAdvice.isOwn(trigger) {
                        if isClean {
                            clean[service.name, default: [:]][operand, default: []]
                                .append(Float(value))
                        }
                    } else {
                        note(Peak(reading: reading, time: time), service.name, trigger, operand)
                    }
                }
                if !readings.values.contains(where: { $0.value == nil }) {
                    judged[service.name, default: [:]][trigger, default: 0] += Int(Self.sampling)
                }
            }
        }
    }

    /// Its end is not told, where the rule is simply judged again.
    private mutating func noteBlindness(_ event: ReplayEvent) {
        guard let trigger = event.trigger else { return }
        switch event.kind {
        case .breached, .cleared, .insufficient:
            endBlindness(of: trigger, event.service, at: event.time)
        case .blind:
            guard blindness.count < Self.eventLimit,
                openBlindness(of: trigger, event.service) == nil
            else { return }
            let head = "\(trigger): could not measure, "
            let why =
                event.text.hasPrefix(head) ? event.text.dropFirst(head.count) : event.text[...]
            blindness.append(
                Blindness(
                    service: event.service, trigger: trigger, begin: event.time, why: String(why)))
        case .detected, .good, .bad, .decision: break
        }
    }

    /// At most one of each rule, and not many rules.
    private func openBlindness(of trigger: String, _ service: String) -> Int? {
        blindness.lastIndex { $0.trigger == trigger && $0.service == service }
            .flatMap { blindness[$0].end == nil ? $0 : nil }
    }

    private mutating func endBlindness(of trigger: String, _ service: String, at time: WallTime) {
        guard let place = openBlindness(of: trigger, service) else { return }
        blindness[place].end = time
    }

    private mutating func note(
        _ peak: Peak, _ service: String, _ trigger: String, _ operand: String
    ) {
        let value = peak.reading.value ?? 0
        if (highest[service]?[trigger]?[operand]?.reading.value).map({ value > $0 }) ?? true {
            highest[service, default: [:]][trigger, default: [:]][operand] = peak
        }
        if (lowest[service]?[trigger]?[operand]?.reading.value).map({ value < $0 }) ?? true {
            lowest[service, default: [:]][trigger, default: [:]][operand] = peak
        }
    }
}

extension Reading {
    fileprivate var isBlind: Bool { if case .blind = gap { true } else { false } }
}
