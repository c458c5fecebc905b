// What an expression asks of a service: whether there is such a probe, stream, pattern or field,
// and whether it can answer that question.

import WatchCore

struct OperandCheck {
    let service: ServiceDraft
    /// ` of service 'shop'`, when a plan asks on its behalf.
    let whose: String
    let problems: Problems

    func check(_ expression: Expression, _ text: YAMLValue) {
        check(expression.operands, text)
    }

    func check(_ operands: [Operand], _ text: YAMLValue) {
        var seen: Set<Operand> = []
        for operand in operands {
            // What is wrong with `f` is not said of `baseline(f)` once more.
            let asked = if case .baseline(let inner) = operand { inner } else { operand }
            if seen.insert(asked).inserted { check(asked, text) }
        }
    }

    private func check(_ operand: Operand, _ text: YAMLValue) {
        switch operand {
        case .signal(let function, let signal, _):
            checkSignal(signal, text)
            StreamAnswers(check: self, operand: operand, text: text).check(function, of: signal)
        case .burnRate(let signal, _):
            checkSignal(signal, text)
            checkObjective(operand, text)
            StreamAnswers(check: self, operand: operand, text: text).checkErrors(of: signal)
        case .failing(let names):
            for name in names { checkProbe(name, "failing() and up() ask probes", text) }
            if names.isEmpty, service.probes.isEmpty, !service.hadRefused {
                problems.error(
                    text.place, "'failing()' asks all probes\(whose), and there are none",
                    "add probes: to the service")
            }
        case .up(let name): checkProbe(name, "failing() and up() ask probes", text)
        case .restarts(let unit, _): checkUnit(unit, text)
        case .matches(let stream, let pattern, _):
            checkPart(stream, pattern, .pattern, text)
        case .affected(let stream, let field, _):
            checkPart(stream, field, .field, text)
            StreamAnswers(check: self, operand: operand, text: text).checkErrors(of: stream)
        case .parseFailures(let stream, _):
            _ = checkStream(stream, "parse_failures() asks a stream", text)
        case .failingRoutes(let stream, _):
            checkRoutes(stream, text)
            StreamAnswers(check: self, operand: operand, text: text).checkErrors(of: stream)
        case .overrun, .releaseAge, .baseline: break
        }
    }

    private func checkSignal(_ signal: String, _ text: YAMLValue) {
        let signals = service.probes + service.streams
        guard !signals.contains(signal) else { return }
        guard !refusePart(signal, text) else { return }
        Names.unknown(
            Placed(signal, Expressions.place(of: signal, in: text)), "probe or stream\(whose)",
            among: signals, problems)
    }

    private func checkObjective(_ operand: Operand, _ text: YAMLValue) {
        guard service.configuration.slo == nil, !service.hasObjective else { return }
        problems.error(
            Expressions.place(ofCall: "burn_rate", in: text),
            "'\(operand.text)' needs the objective it is measured against",
            "add slo: 99.9% to the service"
                + (whose.isEmpty ? "" : " '\(service.configuration.name)'")
        )
    }

    // MARK: - Probes

    private func checkProbe(_ name: String, _ what: String, _ text: YAMLValue) {
        guard !service.probes.contains(name) else { return }
        let place = Expressions.place(of: name, in: text)
        guard !service.streams.contains(name) else {
            problems.error(
                place, "'\(name)' is a stream\(whose), but \(what)",
                "ask a stream as in error_rate(\(name), 2m)")
            return
        }
        guard !refusePart(name, text) else { return }
        Names.unknown(Placed(name, place), "probe\(whose)", among: service.probes, problems)
    }

    /// Only a journey has parts that are signals.
    private func refusePart(_ name: String, _ text: YAMLValue) -> Bool {
        let whole = String(name.prefix { $0 != "." })
        guard whole != name else { return false }
        let place = Expressions.place(of: name, in: text)
        if service.streams.contains(whole) {
            problems.error(
                place, "'\(name)' is a part of the stream '\(whole)'\(whose), not a signal",
                "ask the stream: \(whole); or a pattern as in matches(\(name), 5m) >= 1")
            return true
        }
        guard service.probes.contains(whole),
            !service.probes.contains(where: { $0.hasPrefix(whole + ".") })
        else { return false }
        problems.error(
            place, "the probe '\(whole)'\(whose) has no steps", "ask the probe: \(whole)")
        return true
    }

    private func checkUnit(_ name: String, _ text: YAMLValue) {
        checkProbe(name, "restarts() asks a unit probe", text)
        guard let probe = service.configuration.probe(name) else { return }
        switch probe.kind {
        case .unit: break
        case .http, .tcp, .tls, .dns, .grpc, .exec, .prometheus, .journey, .step:
            problems.error(
                Expressions.place(of: name, in: text),
                "'\(name)' is a probe of the kind \(probe.kind.name), which has no restarts",
                "name a probe of a unit, as in { unit: shop.service, every: 10s }")
        }
    }

    // MARK: - Streams

    /// Whether there is such a stream.
    private func checkStream(_ name: String, _ what: String, _ text: YAMLValue) -> Bool {
        guard !service.streams.contains(name) else { return true }
        let place = Expressions.place(of: name, in: text)
        guard !service.probes.contains(name) else {
            problems.error(
                place, "'\(name)' is a probe\(whose), but \(what)",
                "ask a probe as in error_rate(\(name), 2m) or up(\(name))")
            return false
        }
        Names.unknown(Placed(name, place), "stream\(whose)", among: service.streams, problems)
        return false
    }

    private enum Part {
        case pattern, field

        var what: String {
            switch self {
            case .pattern: "pattern"
            case .field: "field"
            }
        }

        var function: String {
            switch self {
            case .pattern: "matches"
            case .field: "affected"
            }
        }

        /// How to declare one.
        func example(_ name: String) -> String {
            switch self {
            case .pattern: "patterns: { \(name): 'REGEX' }"
            case .field: "fields: { \(name): FIELD }"
            }
        }
    }

    private func checkPart(_ stream: String, _ name: String, _ part: Part, _ text: YAMLValue) {
        let whole = "\(stream).\(name)"
        let place = Expressions.place(of: whole, in: text)
        let what = "\(part.function)() asks a stream"
        guard service.streams.contains(stream) else {
            if service.probes.contains(stream) {
                problems.error(
                    place, "'\(stream)' is a probe\(whose), but \(what)",
                    "write STREAM.\(part.what.uppercased())")
            } else {
                Names.unknown(
                    Placed(stream, place), "stream\(whose)", among: service.streams, problems)
            }
            return
        }
        let parts = service.parts[stream] ?? ServiceDraft.StreamParts()
        let known =
            switch part {
            case .pattern: parts.patterns
            case .field: parts.fields
            }
        guard !known.contains(name) else { return }
        let near = Suggestion.nearest(to: name, among: known)
        problems.error(
            place, "the stream '\(stream)'\(whose) has no \(part.what) '\(name)'",
            near.map { "did you mean '\(stream).\($0)'?" }
                ?? (known.isEmpty
                    ? "add \(part.example(name)) to the stream"
                    : "known: \(known.prefix(12).joined(separator: ", "))"))
    }

    private func checkRoutes(_ stream: String, _ text: YAMLValue) {
        guard checkStream(stream, "failing_routes() asks a stream", text),
            !(service.parts[stream]?.countsRoutes ?? false)
        else { return }
        problems.error(
            Expressions.place(of: stream, in: text),
            "the stream '\(stream)'\(whose) does not count its routes",
            "add routes: true to the stream")
    }
}
