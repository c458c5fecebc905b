// One line of the schedule: what is asked, and what of it is under way.

import WatchCore

enum ScheduleKey: Hashable, Sendable {
    case probe(service: String, name: String)
    /// The place in the service's list, by which events name the source.
    case version(service: String, index: Int)

    var service: String {
        switch self {
        case .probe(let service, _), .version(let service, _): service
        }
    }

    /// Decides the place within the interval.
    var text: String {
        switch self {
        case .probe(let service, let name): "\(service)/\(name)"
        case .version(let service, let index): "\(service)#\(index)"
        }
    }

    func isVersion(of service: String) -> Bool {
        switch self {
        case .probe: false
        case .version(let name, _): name == service
        }
    }

    func event(
        of work: ScheduleEntry.Work, by prober: any Prober, isRecheck: Bool
    ) async -> Event {
        switch (self, work) {
        case (.version(let service, let index), .version(let source)):
            return .version(service: service, source: index, await prober.read(source))
        case (.probe(let service, let name), .probe(let configuration)):
            return .probe(
                service: service, probe: name,
                await prober.probe(configuration, isRecheck: isRecheck))
        case (.probe, .version), (.version, .probe):
            preconditionFailure("a key and its work are made together, of one kind")
        }
    }
}

struct ScheduleEntry: Sendable {
    enum Work: Hashable, Sendable {
        case probe(ProbeConfiguration)
        case version(VersionSource)

        var every: Duration {
            switch self {
            case .probe(let configuration): configuration.every
            case .version(let source): source.every
            }
        }

        func home(by prober: any Prober) -> (any TaskExecutor)? {
            switch self {
            case .probe(let configuration): prober.home(of: configuration)
            case .version: nil
            }
        }
    }

    enum Recheck: Sendable {
        case pausing(Task<Void, Never>)
        case running(Task<Void, Never>)

        var task: Task<Void, Never> {
            switch self {
            case .pausing(let task), .running(let task): task
            }
        }
    }

    let key: ScheduleKey
    let work: Work
    /// A late result of an entry that was replaced must not count for its successor.
    let generation: Int
    var clock: Task<Void, Never>?
    var sample: Task<Void, Never>?
    var recheck: Recheck?
    var rechecks: Rechecks?
    var skipped = 0

    init(key: ScheduleKey, work: Work, generation: Int) {
        self.key = key
        self.work = work
        self.generation = generation
        if case .probe(let configuration) = work { rechecks = Rechecks(configuration) }
    }

    var name: String {
        switch (key, work) {
        case (.probe(_, let name), _): name
        case (.version, .version(let source)): source.label
        case (.version, .probe): key.text
        }
    }

    func cancel() {
        clock?.cancel()
        sample?.cancel()
        recheck?.task.cancel()
    }
}

extension Event {
    /// Something of what the other side said may be in it.
    var mayQuote: Bool {
        guard case .probe(_, _, let result) = self else { return true }
        return result.outcome != .pass || result.body != nil || result.degraded != nil
    }
}
