// Expressions ask, signals answer: with a value, or with why there is none. This is the hot path:
// words are made only where they are wanted.

extension ServiceEngine {
    /// On whose behalf an operand is read.
    struct Asking {
        var judgement: Judgement
        /// Of a breached trigger: an operation that has ended overruns nothing.
        var isBreached = false
        /// Why a signal is blind, in words.
        var wantsWords = false
    }

    func terms(_ judgement: Judgement) -> EvaluationTerms {
        EvaluationTerms(z: judgement.z, errorBudget: configuration.slo.map { 1 - $0 })
    }

    /// What triggers ask most, found once: a function of one window.
    struct AskedWindow {
        var function: SignalFunction
        var source: Source
        var width: Duration
    }

    /// A signal by its place.
    enum Source {
        case probe(Int)
        case stream(Int)
    }

    func source(of signal: String) -> Source? {
        probes.place(of: signal).map { .probe($0) } ?? streams.place(of: signal).map { .stream($0) }
    }

    /// Of each operand; nil: it asks something else.
    func askedWindows(_ expression: Expression) -> [AskedWindow?] {
        expression.operands.map { operand in
            guard case .signal(let function, let signal, let width) = operand,
                let source = source(of: signal)
            else { return nil }
            return AskedWindow(function: function, source: source, width: width)
        }
    }

    /// The outcome alone.
    mutating func find(
        _ expression: Expression, _ judgement: Judgement, isBreached: Bool = false, now: Instant
    ) -> Finding {
        let asking = Asking(judgement: judgement, isBreached: isBreached)
        return expression.find(terms(judgement)) { reading(of: $0, asking, now: now) }
    }

    /// The same of the trigger at that place in the configuration: the hot path.
    mutating func find(_ index: Int, isBreached: Bool, now: Instant) -> Finding {
        let judgement = judgement(at: index)
        let asking = Asking(judgement: judgement, isBreached: isBreached)
        let expression = configuration.triggers[index].when
        return expression.outcome(terms(judgement)) { place in
            guard let asked = askedWindows[index][place] else {
                return Figure(reading(of: expression.operands[place], asking, now: now))
            }
            if isUnseen { return .unknown }
            if case .some = ownFault { return .blind }
            return figure(asked, judgement, now)
        }
    }

    /// The outcome with its words.
    /// - Parameter isFull: with a line for every part.
    mutating func evaluate(
        _ expression: Expression, _ judgement: Judgement, isBreached: Bool = false,
        isFull: Bool = true, now: Instant
    ) -> Evaluation {
        let asking = Asking(judgement: judgement, isBreached: isBreached, wantsWords: true)
        return expression.evaluate(terms(judgement), isFull: isFull) {
            reading(of: $0, asking, now: now)
        }
    }

    /// The figures of a breach that goes on, in the place of those of the second before.
    mutating func refreshFigures(_ index: Int, now: Instant) {
        let asking = Asking(judgement: judgement(at: index), isBreached: true, wantsWords: true)
        let expression = configuration.triggers[index].when
        // Of two with one text the first counts.
        for place in expression.operands.indices.reversed() {
            let reading = reading(of: expression.operands[place], asking, now: now)
            triggers.values[index].refresh(expression.operandTexts[place], reading)
        }
    }

    mutating func evaluate(_ trigger: TriggerConfiguration, now: Instant) -> Evaluation {
        evaluate(
            trigger.when, judgement(of: trigger),
            isBreached: triggers[trigger.name]?.isBreached ?? false, now: now)
    }

    mutating func reading(of operand: Operand, _ asking: Asking, now: Instant) -> Reading {
        if let gap = generalGap { return Reading(gap: gap) }
        switch operand {
        case .failing(let names):
            let all = names.isEmpty ? configuration.askedNames : names
            return failing(all, asking, now)
        case .up(let name): return up(name, asking, now)
        case .signal(let function, let signal, let width):
            guard let source = source(of: signal) else { return Reading(gap: .noData) }
            return reading(
                AskedWindow(function: function, source: source, width: width), asking, now)
        case .burnRate(let signal, let width):
            guard let slo = configuration.slo else { return Reading(gap: .undefined) }
            return windows(signal, asking, width, now) { windows, needed in
                let (tally, covered) = windows.counts(width: width, now: now)
                var reading = SignalFunction.errorRate.reading(
                    tally, covered, width: width, needed: needed)
                reading.value = reading.value.map { $0 / (1 - slo) }
                return Answer(covered, reading)
            }
        case .matches(let stream, let pattern, let width):
            return windows(stream, asking, width, now) { windows, _ in
                let found = windows.matches(pattern, width: width, now: now)
                return Answer(
                    found.covered, Reading(value: Double(found.count), samples: found.count))
            }
        case .restarts(let unit, let width):
            return windows(unit, asking, width, now) { windows, _ in
                let found = windows.restarts(width: width, now: now)
                return Answer(
                    found.covered, Reading(value: Double(found.count), samples: found.count))
            }
        case .parseFailures(let stream, let width):
            return windows(stream, asking, width, now, asksForUnparsed: true) { windows, needed in
                let lines = windows.unparsed(width: width, now: now)
                return Answer(
                    lines.covered,
                    Reading(part: Double(lines.part), of: lines.whole, needed: needed))
            }
        case .failingRoutes(let stream, let width):
            return windows(stream, asking, width, now) { windows, needed in
                let (tallies, covered) = windows.routes(width: width, now: now)
                return Answer(covered, tallies.failing(needed: needed))
            }
        case .affected(let stream, let field, let width):
            return windows(stream, asking, width, now) { windows, needed in
                let (audience, covered) = windows.audience(field, width: width, now: now)
                let all = audience.all
                return Answer(
                    covered,
                    Reading(
                        part: Swift.min(all, audience.affected), of: Int(all.rounded()),
                        needed: needed))
            }
        case .overrun(let operation): return overrun(operation, asking, now)
        case .releaseAge: return releaseAge(now)
        case .baseline(let inner):
            guard case .signal(let function, let signal, _) = inner else {
                return Reading(gap: .undefined)
            }
            return baselineReading(
                of: function, signal: signal, needed: needed(signal, asking.judgement))
        }
    }

    /// Why nothing of the service can be known.
    private var generalGap: Reading.Gap? {
        if isUnseen { return .noData }
        return ownFault.map { .blind($0) }
    }

    // MARK: - Windows

    private mutating func reading(
        _ asked: AskedWindow, _ asking: Asking, _ now: Instant
    ) -> Reading {
        windows(asked.source, asking, asked.width, now) { windows, needed in
            if asked.function.isOfLatency {
                let sums = windows.sums(width: asked.width, now: now)
                return Answer(
                    sums.covered, asked.function.reading(sums, width: asked.width, needed: needed))
            }
            let (tally, covered) = windows.counts(width: asked.width, now: now)
            if asked.function == .rate {
                let (tally, time) = windows.rated(width: asked.width, now: now)
                return Answer(
                    covered,
                    asked.function.reading(tally, time, width: asked.width, needed: needed))
            }
            return Answer(
                covered, asked.function.reading(tally, covered, width: asked.width, needed: needed))
        }
    }

    /// The same as `reading(_:_:_:)` without words.
    private mutating func figure(
        _ asked: AskedWindow, _ judgement: Judgement, _ now: Instant
    ) -> Figure {
        switch asked.source {
        case .probe(let place):
            if probes.values[place].health.isBlind { return .blind }
            guard probes.values[place].health.hasSpoken else { return .unknown }
            return asked.figure(
                &probes.values[place].windows, judgement.minSamplesOfProbe, judgement.warmUp, now)
        case .stream(let place):
            if isDoubtful(stream: place, now),
                streams.values[place].health.cause(
                    now: now, noDataAfter: configuration.streams[place].noDataAfter) != nil
            {
                return .blind
            }
            guard streams.values[place].health.hasReported else { return .unknown }
            return asked.figure(
                &streams.values[place].windows, judgement.minSamplesOfStream, judgement.warmUp, now)
        }
    }

    /// What a window says, and how much of it is covered.
    private struct Answer {
        var covered: Duration
        var reading: Reading

        init(_ covered: Duration, _ reading: Reading) {
            self.covered = covered
            self.reading = reading
        }
    }

    private mutating func needed(_ signal: String, _ judgement: Judgement) -> Int {
        probes.place(of: signal) == nil ? judgement.minSamplesOfStream : judgement.minSamplesOfProbe
    }

    /// Asks the windows of a signal that can be believed, was heard of, and covers enough.
    private mutating func windows(
        _ signal: String, _ asking: Asking, _ width: Duration, _ now: Instant,
        asksForUnparsed: Bool = false, _ ask: (inout SignalWindows, Int) -> Answer
    ) -> Reading {
        guard let source = source(of: signal) else { return Reading(gap: .noData) }
        return windows(source, asking, width, now, asksForUnparsed: asksForUnparsed, ask)
    }

    private mutating func windows(
        _ source: Source, _ asking: Asking, _ width: Duration, _ now: Instant,
        asksForUnparsed: Bool = false, _ ask: (inout SignalWindows, Int) -> Answer
    ) -> Reading {
        let answer: Answer
        // Changed in place.
        switch source {
        case .probe(let place):
            if probes.values[place].health.isBlind {
                return blind(probes.names[place], asking, now)
            }
            // Of what was never heard of not even the count is known.
            guard probes.values[place].health.hasSpoken else { return Reading(gap: .noData) }
            answer = ask(&probes.values[place].windows, asking.judgement.minSamplesOfProbe)
        case .stream(let place):
            if isDoubtful(stream: place, now),
                let cause = streams.values[place].health.cause(
                    now: now, noDataAfter: configuration.streams[place].noDataAfter,
                    asksForUnparsed: asksForUnparsed)
            {
                return Reading(gap: .blind(asking.wantsWords ? cause.text : ""))
            }
            guard streams.values[place].health.hasReported else { return Reading(gap: .noData) }
            answer = ask(&streams.values[place].windows, asking.judgement.minSamplesOfStream)
        }
        guard answer.covered >= Swift.min(width, asking.judgement.warmUp) else {
            return Reading(gap: .warmingUp, samples: answer.reading.samples)
        }
        return answer.reading
    }

    private mutating func blind(_ signal: String, _ asking: Asking, _ now: Instant) -> Reading {
        Reading(gap: .blind(asking.wantsWords ? blindness(of: signal, now: now) ?? "" : ""))
    }

    // MARK: - States of probes

    // Mutating, though nothing changes: asked at every event, and looked at in place.

    private mutating func isWarm(_ asking: Asking, _ now: Instant) -> Bool {
        let since = now - restarted
        guard !uncovered.isEmpty else { return since >= asking.judgement.warmUp }
        return since - uncovered.within(from: restarted, to: now) >= asking.judgement.warmUp
    }

    /// Whether the state of a probe is of today: it spoke since the windows restarted, and was not
    /// due in a time that nobody watched since.
    private mutating func hasSpoken(_ place: Int, _ now: Instant) -> Bool {
        guard probes.values[place].health.own != .waiting,
            let last = probes.values[place].health.lastVerdict
        else { return false }
        if hasSteps, isOutdated(stepAt: place, last, now) { return false }
        if uncovered.isEmpty { return true }
        let unwatched = uncovered.within(from: last, to: now)
        guard unwatched > .zero else { return true }
        return unwatched <= configuration.probes[place].every
    }

    private mutating func failing(_ names: [String], _ asking: Asking, _ now: Instant) -> Reading {
        guard isWarm(asking, now) else { return Reading(gap: .warmingUp) }
        var blind = 0
        var spoken = 0
        var failing = 0
        for name in names {
            guard let place = probes.place(of: name) else { continue }
            if probes.values[place].health.isBlind {
                blind += 1
            } else if hasSpoken(place, now) {
                spoken += 1
                if probes.values[place].health.own == .failing { failing += 1 }
            }
        }
        guard spoken * 2 >= names.count, spoken > 0 else {
            guard blind * 2 > names.count else { return Reading(gap: .noData, samples: spoken) }
            let why =
                asking.wantsWords ? "\(blind) of \(names.count) probes could not be asked" : ""
            return Reading(gap: .blind(why), samples: spoken)
        }
        return Reading(value: Double(failing) / Double(spoken), samples: spoken)
    }

    private mutating func up(_ name: String, _ asking: Asking, _ now: Instant) -> Reading {
        guard isWarm(asking, now) else { return Reading(gap: .warmingUp) }
        guard let place = probes.place(of: name) else { return Reading(gap: .noData) }
        if probes.values[place].health.isBlind { return blind(name, asking, now) }
        guard hasSpoken(place, now) else { return Reading(gap: .noData) }
        switch probes.values[place].health.own {
        case .waiting: return Reading(gap: .noData)
        case .passing: return Reading(value: 1, samples: 1)
        case .failing: return Reading(value: 0, samples: 1)
        }
    }

    // MARK: - Facts, which no window holds

    /// Unknown while none runs, so that it is no evidence of health. Of a breach it is 0 then:
    /// what has ended overruns nothing, and a breach clears only by what is false.
    private mutating func overrun(_ name: String, _ asking: Asking, _ now: Instant) -> Reading {
        guard let operation = state.operation(name) else {
            return asking.isBreached ? Reading(value: 0, samples: 0) : Reading(gap: .noData)
        }
        return operation.overrun(at: now).map { Reading(value: $0, samples: 1) }
            ?? Reading(gap: .noData)
    }

    /// Of a release that ran already when watchd first looked nobody knows it.
    private mutating func releaseAge(_ now: Instant) -> Reading {
        guard let running = state.book.running, !tracker.isUnknown, running.origin != .found else {
            return Reading(gap: .noData)
        }
        return Reading(value: Swift.max(0, (now - running.began.boot).seconds), samples: 1)
    }
}

extension Reading {
    /// A share, where there is enough to take one of.
    fileprivate init(part: Double, of whole: Int, needed: Int) {
        if whole >= Swift.max(1, needed) {
            self.init(value: Swift.min(1, part / Double(whole)), samples: whole)
        } else {
            self.init(gap: .tooFewSamples(needed: needed), samples: whole)
        }
    }
}

extension RouteTallies {
    /// Of the routes with enough requests, those of which more than half failed.
    fileprivate func failing(needed: Int) -> Reading {
        var enough = 0
        var failing = 0
        var most = 0
        for counts in routes.values {
            most = Swift.max(most, counts.count)
            guard counts.count >= Swift.max(1, needed) else { continue }
            enough += 1
            if counts.errors * 2 > counts.count { failing += 1 }
        }
        guard enough > 0 else { return Reading(gap: .tooFewSamples(needed: needed), samples: most) }
        return Reading(value: Double(failing) / Double(enough), samples: enough)
    }
}
