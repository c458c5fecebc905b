// What others said, in bodies, log lines, names of routes and outputs of programs, passes through
// here before the engine sees it, and so before it is stored or sent: secrets of the configuration
// and what the service's `redact:` matches are taken out. What cannot be cleaned is withheld.

import Synchronization
import WatchCore
import WatchPatterns

final class EvidenceRedactor: Sendable {
    private struct State {
        var configuration: Configuration
        var patterns: [String: [Pattern]] = [:]
        /// What each secret is and was. One that could never be read was never sent either, so
        /// nobody can have given it back.
        var known: [SecretReference: [String]] = [:]
        var secrets = Redactor([])
        /// What journeys saved, the latest first: their tokens may be in somebody's log.
        var carried: [JourneyCheck: [String]] = [:]
        /// What routes are called once they are clean, by service: the same ones come with every
        /// batch.
        var routes: [String: [String: String]] = [:]
        /// Goes up when other things are taken out: what was clean before may be so no more.
        var revision = 0
        /// Services of tasks under way.
        var tasks: [String: String] = [:]

        mutating func join() {
            secrets = Redactor((Array(known.values) + Array(carried.values)).flatMap { $0 })
            routes = [:]
            revision += 1
        }
    }

    /// Routes of a service whose clean names are kept; more are cleaned anew.
    private static let routesKept = 1024

    private let source: any SecretSource
    private let state: Mutex<State>

    init(_ configuration: Configuration, secrets: any SecretSource) {
        source = secrets
        state = Mutex(State(configuration: configuration))
        update(configuration)
    }

    /// Secrets are renewed while watchd runs.
    func refresh() { update(state.withLock { $0.configuration }) }

    /// Reads the secrets again, too. Blocks as long as that takes.
    func update(_ configuration: Configuration) {
        var patterns: [String: [Pattern]] = [:]
        for service in configuration.services where !service.redact.isEmpty {
            // They were compiled when the configuration was checked.
            patterns[service.name] = service.redact.compactMap { try? Pattern($0) }
        }
        var values: [SecretReference: String] = [:]
        for reference in configuration.secrets {
            values[reference] = try? source.secret(reference)
        }
        state.withLock { [patterns, values] state in
            state.configuration = configuration
            state.patterns = patterns
            for (reference, value) in values where state.known[reference]?.first != value {
                let before = state.known[reference]?.first
                state.known[reference] = [value] + (before.map { [$0] } ?? [])
            }
            let journeys = Set(configuration.services.flatMap(\.probes).compactMap(\.journey))
            state.carried = state.carried.filter { journeys.contains($0.key) }
            state.join()
        }
    }

    /// Values of the run before are still in logs that are read late.
    private static let carriedLimit = 128

    func learn(_ values: [String], of journey: JourneyCheck) {
        state.withLock { state in
            let known = state.carried[journey] ?? []
            let new = values.filter { !known.contains($0) }
            guard !new.isEmpty else { return }
            state.carried[journey] = Array((new + known).prefix(Self.carriedLimit))
            state.join()
        }
    }

    /// A task's result does not say whose it is.
    func note(_ task: StepTask) { state.withLock { $0.tasks[task.id] = task.service } }

    func clean(_ event: Event) -> Event {
        switch event {
        case .probe(let service, let probe, let result):
            if result.outcome == .pass, result.body == nil { return event }
            return .probe(service: service, probe: probe, clean(result, service))
        case .stream(let service, let stream, var batch):
            let withRoutes = batch.slices.indices.filter { !batch.slices[$0].routes.isEmpty }
            guard !batch.samples.isEmpty || !withRoutes.isEmpty else { return event }
            batch.samples = batch.samples.map { clean($0, service) }
            for index in withRoutes {
                batch.slices[index].routes = clean(batch.slices[index].routes, service)
            }
            return .stream(service: service, stream: stream, batch)
        case .version(let service, let source, var reading):
            guard case .unavailable(let reason) = reading.answer else { return event }
            reading.answer = .unavailable(clean(reason, service))
            return .version(service: service, source: source, reading)
        case .task(let id, var result):
            let service = state.withLock { $0.tasks.removeValue(forKey: id) }
            if !result.output.isEmpty { result.output = clean(result.output, service ?? "") }
            result.ending = clean(result.ending, service ?? "")
            return .task(id: id, result)
        case .tick, .connectivity, .command, .storeFailed, .storeRecovered, .delivery:
            return event
        }
    }

    /// A sentence about an answer may quote it.
    private func clean(_ ending: TaskResult.Ending, _ service: String) -> TaskResult.Ending {
        switch ending {
        case .unexpected(let why): .unexpected(clean(why, service))
        case .couldNotStart(let why): .couldNotStart(clean(why, service))
        case .unknown(let why): .unknown(clean(why, service))
        case .exited, .signalled, .timedOut, .cancelled: ending
        }
    }

    private func clean(_ result: ProbeResult, _ service: String) -> ProbeResult {
        var result = result
        switch result.outcome {
        case .pass: break
        case .fail(let reason): result.outcome = .fail(clean(reason, service))
        case .error(let reason): result.outcome = .error(clean(reason, service))
        }
        result.body = result.body.map { clean($0, service) }
        result.steps = result.steps?.map {
            ProbeResult.Step(name: $0.name, result: clean($0.result, service))
        }
        return result
    }

    /// A path may hold what must not be stored: a token of a link, the name of a customer.
    private func clean(_ routes: RouteTallies, _ service: String) -> RouteTallies {
        let (known, revision) = state.withLock { ($0.routes[service] ?? [:], $0.revision) }
        var new: [String: String] = [:]
        for route in routes.routes.keys where known[route] == nil {
            new[route] = clean(route, service)
        }
        if !new.isEmpty {
            state.withLock { [new] state in
                guard state.revision == revision else { return }
                let isRoomy = known.count + new.count <= Self.routesKept
                state.routes[service] = isRoomy ? known.merging(new) { $1 } : new
            }
        }
        let isClean = routes.routes.keys.allSatisfy { (known[$0] ?? new[$0]) == $0 }
        return isClean ? routes : routes.renamed { known[$0] ?? new[$0] ?? $0 }
    }

    /// Of what a step of that service printed.
    func clean(_ text: String, of service: String) -> String { clean(text, service) }

    private func clean(_ text: String, _ service: String) -> String {
        let (patterns, secrets) = state.withLock { ($0.patterns[service] ?? [], $0.secrets) }
        var text = secrets.redact(text)
        for pattern in patterns {
            do {
                text = try pattern.masked(text)
            } catch {
                return "[withheld: \(error.message)]"
            }
        }
        return text
    }
}
