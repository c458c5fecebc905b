// A journey: its steps, each of which is an http probe with a little more.

import WatchCore

struct JourneyReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        guard let items = section.value("journey")?.items else {
            _ = section.list("journey")
            return nil
        }
        let place = section.place("journey")
        if items.isEmpty {
            problems.error(place, "a journey has steps", "write journey: [ { get: URL } ]")
            return nil
        }
        if items.count > JourneyCheck.stepLimit {
            problems.error(
                place, "\(items.count) steps are too many for one journey",
                "keep \(JourneyCheck.stepLimit) or fewer, or make journeys of their own")
        }
        let names = SavedNames(steps: items)
        let steps = items.prefix(JourneyCheck.stepLimit).enumerated().compactMap { index, item in
            names.begin(step: index + 1)
            return step(item, number: index + 1, names)
        }
        names.warnOfUnused(problems)
        checkNames(steps)
        checkOrder(steps)
        return steps.isEmpty ? nil : .journey(JourneyCheck(steps: steps.map(\.value)))
    }

    // MARK: - One step

    private func step(
        _ value: YAMLValue, number: Int, _ names: SavedNames
    ) -> Placed<JourneyCheck.Step>? {
        guard var section = Section(value, .journeyStep, problems) else { return nil }
        section.variables = .saved(names)
        // One that is wrong is still there for the rules that name it.
        var step = JourneyCheck.Step(
            name: name(section) ?? "step\(number)",
            request: request(section) ?? HTTPRequestSpec(url: Template(literal: "")))
        let reader = HTTPExpectationReader(problems)
        step.expectation = section.value("expect").flatMap(reader.read) ?? HTTPExpectation()
        step.degradedUnless = HTTPProbeReader(problems).degraded(section)
        step.timeout = section.optionalDuration(
            "timeout", in: .milliseconds(1)...Duration.hours(1))
        step.repeats = section.integer("repeat", 1)
        step.retry = retry(section)
        step.isAlways = section.boolean("always", false)
        step.saves = section.named("save").compactMap { entry in
            guard let saved = SavedReader(problems).read(entry) else { return nil }
            names.save(entry.key, entry.keyPlace)
            return saved
        }
        return Placed(step, section.keyPlace("name") ?? value.place)
    }

    private func name(_ section: Section) -> String? {
        guard let text = section.text("name", limit: 64) else { return nil }
        Names.checkSignal(text, "a step", section.place("name"), problems)
        return Names.isSignal(text) ? text : nil
    }

    private func request(_ section: Section) -> HTTPRequestSpec? {
        let verbs = section.given(["http"] + KeyTable.verbs)
        guard let verb = verbs.first, verbs.count == 1 else {
            if verbs.isEmpty, section.hadRefused { return nil }
            problems.error(
                verbs.dropFirst().first.flatMap(section.keyPlace) ?? section.place,
                verbs.isEmpty
                    ? "a step says what it asks"
                    : "a step has one of \(verbs.joined(separator: " and "))",
                verbs.isEmpty ? "write get: URL or post: URL" : "make a step of each")
            return nil
        }
        return section.request(bodyAsJSON: "json", verb: verb == "http" ? nil : verb)
    }

    private func retry(_ section: Section) -> JourneyCheck.Retry? {
        guard let value = section.value("retry"),
            let retry = Section(value, .retry, problems)
        else { return nil }
        if section.has("repeat") {
            problems.error(
                section.keyPlace("retry") ?? section.place,
                "'repeat' asks again after a success, 'retry' after a failure",
                "keep one of them, or make a step of each")
        }
        let times = retry.integer("times", 1)
        let pause = retry.duration(
            "every", .seconds(1), in: .milliseconds(10)...Duration.minutes(10))
        return JourneyCheck.Retry(times: times, every: pause)
    }

    // MARK: - All steps

    private func checkNames(_ steps: [Placed<JourneyCheck.Step>]) {
        var seen: [String: Place] = [:]
        for step in steps {
            let name = step.value.name
            if let first = seen[name] {
                problems.error(
                    step.place, "two steps are called '\(name)', first in line \(first.line)",
                    "give each its own name")
            } else {
                seen[name] = step.place
            }
        }
    }

    private func checkOrder(_ steps: [Placed<JourneyCheck.Step>]) {
        guard let first = steps.firstIndex(where: \.value.isAlways) else { return }
        if first == 0 {
            problems.error(
                steps[0].place, "the first step cleans up, and there is nothing yet to clean up",
                "remove 'always', or put the step behind the others")
            return
        }
        for step in steps[first...] where !step.value.isAlways {
            problems.error(
                step.place,
                "'\(step.value.name)' comes after '\(steps[first].value.name)', which cleans up",
                "put steps with 'always: true' behind all others")
        }
    }
}
