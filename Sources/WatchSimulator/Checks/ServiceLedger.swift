// All that the engine was told of one service, and what follows from it by the letter of DESIGN
// §5: the oracle for verdicts.

import WatchCore

struct ServiceLedger {
    /// A trigger, as far as it is judged here.
    struct Judged {
        let name: String
        /// nil: the simulator has no opinion.
        let rule: Rule?
        let judgement: Judgement
        /// What it asks of, judged or not.
        let signals: [String]
        /// Whether it speaks of a release's health, and whether its breach speaks against it.
        let isOfHealth: Bool
        let isGrave: Bool
        /// With `for`.
        var sustained: SustainedBook?
    }

    let name: String
    let configuration: ServiceConfiguration
    /// In the order of the configuration.
    private(set) var triggers: [Judged]
    private let probeNames: [String]
    private let streamNames: [String]
    private(set) var probes: [ProbeBook]
    private(set) var streams: [StreamBook]
    private let widest: [Duration]
    /// Windows that its conditions ask for.
    let windows: [(signal: String, width: Duration)]
    /// A rule that speaks of health counts lines or errors, of which silence has none: that no line
    /// came is evidence then, which was once held against the engine.
    private let countsSilence: Bool
    /// When anything was last heard that could be evidence of health.
    private var lastHeard: Instant?
    /// Samples from before do not count.
    private(set) var floor: Instant
    private var gaps: [(from: Instant, to: Instant)] = []
    /// A rollback has settled: that stood for the warm-up.
    var isSettled = false
    /// Its windows are not known to the simulator (a reload changed them).
    var hasNoOpinion = false
    /// Some trigger has `for`, and the last second in which something was noted for each of them.
    private let hasSustained: Bool
    private var allNoted: Int64?
    /// Operations that run; nil of one: nobody knows since when.
    var operations: [String: OperationBook?] = [:]

    init(_ configuration: ServiceConfiguration, _ rules: [String: Rule], floor: Instant) {
        name = configuration.name
        self.configuration = configuration
        self.floor = floor
        triggers = configuration.triggers.map { trigger in
            let rule = rules[trigger.name]
            return Judged(
                name: trigger.name, rule: rule?.isJudged ?? false ? rule : nil,
                judgement: trigger.judgement, signals: rule?.signals ?? [],
                isOfHealth: trigger.severity >= .high,
                isGrave: trigger.severity >= .high && trigger.mode != .shadow,
                sustained: trigger.sustainedFor.map { SustainedBook(span: $0) })
        }
        hasSustained = triggers.contains { $0.sustained != nil }
        countsSilence = triggers.contains { $0.isOfHealth && $0.rule?.countsSilence ?? false }
        probeNames = configuration.probes.map(\.name)
        streamNames = configuration.streams.map(\.name)
        probes = configuration.probes.map { _ in ProbeBook() }
        streams = configuration.streams.map { _ in StreamBook() }
        widest = configuration.streams.map { stream in
            let widths = rules.values.flatMap { $0.widths(of: stream.name) }
            // Of no trigger's width up to 5 m: status shows a minute.
            return .seconds(widths.max() ?? 60)
        }
        windows = (probeNames + streamNames).flatMap { signal in
            Set(rules.values.flatMap { $0.widths(of: signal) }).sorted().map {
                (signal, .seconds($0))
            }
        }
    }

    func place(ofProbe name: String) -> Int? { probeNames.firstIndex(of: name) }
    func place(ofStream name: String) -> Int? { streamNames.firstIndex(of: name) }

    mutating func record(_ result: ProbeResult, probe: Int, now: Instant) {
        probes[probe].record(
            result, failures: configuration.probes[probe].failures,
            successes: configuration.probes[probe].successes, floor: floor, now: now)
        if case .error = result.outcome { return }
        lastHeard = now
    }

    mutating func record(_ batch: StreamBatch, stream: Int, now: Instant) {
        streams[stream].record(batch, widest: widest[stream], floor: floor, now: now)
        // Whoever counts hears of an empty log, too.
        if batch.lines > 0 || countsSilence && batch.source == .reading { lastHeard = now }
    }

    mutating func restart(at instant: Instant) {
        guard instant > floor else { return }
        floor = instant
        for (index, probe) in configuration.probes.enumerated() {
            probes[index].cut(
                before: instant, failures: probe.failures, successes: probe.successes)
        }
        for index in streams.indices { streams[index].samples.cut(before: instant) }
        for place in triggers.indices { triggers[place].sustained?.forget() }
        allNoted = nil
    }

    mutating func addGap(from: Instant, to: Instant) {
        guard to > from else { return }
        if gaps.count > 30 { gaps.removeAll { $0.to < floor && $0.to < to - .seconds(150) } }
        gaps.append((from, to))
    }

    // MARK: - The oracle
    //
    // Mutating, though nothing changes: asked at every event, and looked at in place.

    mutating func isBlind(_ signal: String, now: Instant) -> Bool {
        if let probe = place(ofProbe: signal) { return probes[probe].isBlind }
        guard let stream = place(ofStream: signal) else { return false }
        return streams[stream].isBlind(
            now: now, noDataAfter: configuration.streams[stream].noDataAfter)
    }

    /// nil: the simulator has no opinion.
    /// - Parameter isBreached: of a breach, an operation that has ended overruns nothing.
    mutating func truth(of trigger: String, isBreached: Bool = false, now: Instant) -> Truth? {
        guard let place = place(ofTrigger: trigger) else { return nil }
        return truth(at: place, isBreached: isBreached, now: now)
    }

    /// The same by the trigger's place.
    mutating func truth(at place: Int, isBreached: Bool = false, now: Instant) -> Truth? {
        guard !hasNoOpinion, let rule = triggers[place].rule else { return nil }
        // Nobody knows since when it runs.
        if !operations.isEmpty, rule.asksOfOperations,
            operations.values.contains(where: { $0 == nil })
        {
            return nil
        }
        var judgement = triggers[place].judgement
        if isSettled { judgement.warmUp = .zero }
        return truth(
            rule, Asking(judgement: judgement, isBreached: isBreached, isNegated: false, now: now))
    }

    mutating func place(ofTrigger name: String) -> Int? {
        for place in triggers.indices where triggers[place].name == name { return place }
        return nil
    }

    /// Whether a trigger asks of the signal.
    mutating func asks(_ place: Int, of signal: String?) -> Bool {
        triggers[place].signals.contains { $0 == signal }
    }

    /// What `for` is judged by; nil: it has none.
    mutating func sustained(_ trigger: String) -> SustainedBook? {
        place(ofTrigger: trigger).flatMap { triggers[$0].sustained }
    }

    /// Whether anything is noted of this second that is not yet.
    mutating func wantsSustained(second: Int64) -> Bool {
        guard hasSustained, !hasNoOpinion, allNoted.map({ $0 < second }) ?? true else {
            return false
        }
        for place in triggers.indices where wantsSustained(second, at: place) { return true }
        return false
    }

    private mutating func wantsSustained(_ second: Int64, at place: Int) -> Bool {
        triggers[place].sustained?.wants(second: second) ?? false
    }

    /// What the expression came to in this second goes into the history that `for` asks.
    /// - Parameter isSure: the engine has judged by what counts now.
    mutating func noteSustained(now: Instant, isSure: Bool) {
        guard wantsSustained(second: now.second) else { return }
        var isAll = true
        for place in triggers.indices where wantsSustained(now.second, at: place) {
            guard let truth = truth(at: place, now: now) else {
                isAll = false
                continue
            }
            triggers[place].sustained?.note(
                isSure ? truth == .true : nil, second: now.second)
        }
        if isAll { allNoted = now.second }
    }

    /// nil: blind, or not covered.
    mutating func sums(
        _ signal: String, _ width: Duration, _ judgement: Judgement, _ now: Instant
    ) -> (count: Int, errors: Int)? {
        guard !isBlind(signal, now: now), floor <= now else { return nil }
        let start = Swift.max(floor, now - width)
        let stream = place(ofStream: signal)
        let losses = stream.map { streams[$0].gaps } ?? []
        let covered = now - start - Self.uncovered(gaps, from: start, to: now, besides: losses)
        guard covered >= Swift.min(width, judgement.warmUp) else { return nil }
        if let probe = place(ofProbe: signal) {
            guard probes[probe].lastVerdict != nil else { return nil }
            return probes[probe].samples.sums(width: width, now: now)
        }
        guard let stream, streams[stream].hasReported else { return nil }
        return streams[stream].samples.sums(width: width, now: now)
    }

    private static func uncovered(
        _ gaps: [(from: Instant, to: Instant)], from start: Instant, to end: Instant,
        besides losses: [(from: Instant, to: Instant)] = []
    ) -> Duration {
        var sum = Duration.zero
        guard !gaps.isEmpty || !losses.isEmpty else { return sum }
        for gap in merged(losses.isEmpty ? gaps : gaps + losses) {
            let (from, to) = (Swift.max(gap.from, start), Swift.min(gap.to, end))
            if to > from { sum += to - from }
        }
        return sum
    }

    /// Gaps without overlaps.
    private static func merged(
        _ gaps: [(from: Instant, to: Instant)]
    ) -> [(from: Instant, to: Instant)] {
        guard gaps.count > 1 else { return gaps }
        var result: [(from: Instant, to: Instant)] = []
        for gap in gaps.sorted(by: { $0.from < $1.from }) {
            if let last = result.last, gap.from <= last.to {
                result[result.count - 1].to = Swift.max(last.to, gap.to)
            } else {
                result.append(gap)
            }
        }
        return result
    }

    mutating func failing(
        _ names: [String], over percent: Int, _ judgement: Judgement, _ now: Instant
    ) -> Truth {
        guard now - floor - Self.uncovered(gaps, from: floor, to: now) >= judgement.warmUp else {
            return .unknown
        }
        var (spoken, failing) = (0, 0)
        for index in probeNames.indices where names.contains(probeNames[index]) {
            guard let last = probes[index].lastVerdict, !probes[index].isBlind,
                probes[index].state != .waiting,
                // What it said before a time that nobody watched, longer than its interval, is
                // stale.
                Self.uncovered(gaps, from: last, to: now) <= configuration.probes[index].every
            else { continue }
            spoken += 1
            if probes[index].state == .failing { failing += 1 }
        }
        guard spoken > 0, spoken * 2 >= names.count else { return .unknown }
        return Truth(Double(failing) / Double(spoken) > Double(percent) / 100)
    }

    mutating func recount(_ signal: String, _ width: Duration, _ now: Instant) -> WindowSums {
        var sums = (count: 0, errors: 0)
        if let probe = place(ofProbe: signal) {
            sums = probes[probe].samples.sums(width: width, now: now)
        } else if let stream = place(ofStream: signal) {
            sums = streams[stream].samples.sums(width: width, now: now)
        }
        return WindowSums(count: sums.count, errors: sums.errors)
    }

    /// Whether anything was heard lately that could be evidence of health.
    func hasEvidence(now: Instant) -> Bool { lastHeard.map { now - $0 <= .seconds(121) } ?? false }
}

extension Truth {
    init(_ value: Bool) { self = value ? .true : .false }
}

extension Rule {
    func widths(of wanted: String) -> [Int] {
        switch self {
        case .errorRate(let signal, let width, _), .errors(let signal, let width, _),
            .count(let signal, let width, _), .slow(let signal, let width, _),
            .burning(let signal, let width, _), .unusual(let signal, let width, _):
            signal == wanted ? [width] : []
        case .failing, .overrun: []
        case .both(let a, let b), .either(let a, let b): a.widths(of: wanted) + b.widths(of: wanted)
        case .not(let a): a.widths(of: wanted)
        }
    }
}
