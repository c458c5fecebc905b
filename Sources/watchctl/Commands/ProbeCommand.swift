// `watchctl probe`: one probe now, from here, without a daemon, with every phase timed.

import ArgumentParser
import WatchCore
import WatchHTTP
import WatchProbes
import WatchSystem

struct ProbeCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Run one probe now, and show every phase of it.",
        discussion: """
            Asks as the configuration says, from this host and as the user who runs this: secrets \
            must be readable for you. Nothing is told to the daemon.

              watchctl probe shop/health --config /etc/watchd/watchd.yaml

            With --json: {outcome: pass|fail|error, reason, status, timings}, times in seconds; of \
            a journey also steps, a list of the same with their names. Exit status: 0 the probe \
            passes, 1 it fails, 3 it could not be asked.
            """)

    @OptionGroup var common: CommonOptions
    @Option(help: "Configuration file; may be given again.") var config: [String] = []
    @Argument(help: ArgumentHelp("Which one.", valueName: "service/probe")) var name: String

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        guard !config.isEmpty else { throw Failure(.usage, "probe needs --config FILE") }
        let probe = try find(in: ConfigurationCheck.load(config))
        let client = HTTPClient()
        let prober = LiveProber(client: client, secrets: SystemSecrets(), time: SystemSleeper())
        let report = await prober.trace(probe)
        await client.shutdownAndWait()
        if session.json {
            session.output.json(try ProbeAnswer(report.result).json())
        } else {
            session.output.lines(
                ProbeRendering(name: name, probe: probe, report: report).lines(session.theme),
                session.theme)
        }
        return switch report.result.outcome {
        case .pass: .fine
        case .fail: .badNews
        case .error: .unknown
        }
    }

    private func find(in configuration: Configuration) throws(Failure) -> ProbeConfiguration {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw Failure(.usage, "'\(safe(name))' is no SERVICE/PROBE; write it as in shop/health")
        }
        let (service, probe) = (String(parts[0]), String(parts[1]))
        let services = configuration.services.map(\.name)
        guard let found = configuration.service(service) else {
            throw Failure(.usage, Self.unknown("service", service, services))
        }
        guard let known = found.probe(probe) else {
            throw Failure(
                .usage,
                Self.unknown("probe of \(safe(service))", probe, found.askedNames))
        }
        guard !known.isStep else {
            let journey = probe.prefix { $0 != "." }
            throw Failure(
                .usage,
                "'\(safe(probe))' is a step, which is asked with its journey; "
                    + "write \(safe(service))/\(safe(journey))")
        }
        return known
    }

    private static func unknown(_ what: String, _ name: String, _ all: [String]) -> String {
        let near = Suggestion.nearest(to: name, among: all)
        let known = all.isEmpty ? "there is none" : "there are \(all.joined(separator: ", "))"
        return "there is no \(what) called '\(safe(name))'; "
            + safe(near.map { "did you mean '\($0)'?" } ?? known)
    }
}

/// What scripts read (DESIGN §6); the four are always there, and of a journey its steps.
struct ProbeAnswer: Encodable {
    /// Of a step.
    var name: String?
    var outcome: String
    var reason: String?
    var status: Int?
    var timings: PhaseTimings
    /// Those that were asked.
    var steps: [ProbeAnswer]?

    init(_ result: ProbeResult) {
        switch result.outcome {
        case .pass:
            outcome = "pass"
            reason = result.degraded.map { "degraded: \($0)" }
        case .fail(let why):
            outcome = "fail"
            reason = why
        case .error(let why):
            outcome = "error"
            reason = why
        }
        status = result.status
        timings = result.timings ?? PhaseTimings(total: result.took.seconds)
        steps = result.steps?.map { step in
            var answer = ProbeAnswer(step.result)
            answer.name = step.name
            return answer
        }
    }

    private enum Key: String, CodingKey { case name, outcome, reason, status, timings, steps }
    private enum Phase: String, CodingKey { case name, connect, tls, firstByte, body, total }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(name, forKey: .name)
        try container.encodeIfPresent(steps, forKey: .steps)
        try container.encode(outcome, forKey: .outcome)
        try container.encode(reason, forKey: .reason)
        try container.encode(status, forKey: .status)
        var phases = container.nestedContainer(keyedBy: Phase.self, forKey: .timings)
        try phases.encode(timings.name, forKey: .name)
        try phases.encode(timings.connect, forKey: .connect)
        try phases.encode(timings.tls, forKey: .tls)
        try phases.encode(timings.firstByte, forKey: .firstByte)
        try phases.encode(timings.body, forKey: .body)
        try phases.encode(timings.total, forKey: .total)
    }

    func json() throws(Failure) -> [UInt8] {
        do {
            return try WireJSON.encode(self)
        } catch {
            throw Failure(.unknown, "the result cannot be written as JSON")
        }
    }
}
