// Whether the steps of a journey have time: its own `timeout` is that of all of them.

import WatchCore

struct JourneyTimes {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func check(_ probe: ProbeConfiguration, _ section: Section) {
        guard let journey = probe.journey else { return }
        let whole = probe.timeout
        let place = section.keyPlace("timeout") ?? section.keyPlace("journey") ?? section.place
        let left = whole - journey.kept(of: whole)
        guard left > .zero else {
            problems.error(
                place, "the clean-ups keep back all of the journey's \(whole.text)",
                "give the journey a longer 'timeout', or the clean-ups a shorter one")
            return
        }
        for step in journey.steps {
            let time = step.isAlways ? whole : left
            if let own = step.timeout, own > time {
                problems.error(
                    place, "step '\(step.name)' may take \(own.text), all of them \(time.text)",
                    "give the journey a longer 'timeout', or the step a shorter one")
            } else if let retry = step.retry, retry.every * retry.times >= step.timeout ?? time {
                problems.warning(
                    place,
                    "step '\(step.name)' would be asked again for "
                        + "\((retry.every * retry.times).text), and has "
                        + "\((step.timeout ?? time).text)",
                    "give it and the journey a longer 'timeout'")
            }
        }
    }
}
