// `watchctl replay`: yesterday's logs, judged by the rules of a configuration, without a daemon.

import ArgumentParser
import WatchCore
import WatchReplay

struct ReplayCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "What would have been decided, had watchd seen these logs.",
        discussion: """
            Judges recorded logs and probe results with the rules of a configuration: which \
            trigger would have fired when, what would have been done, and why not. Nothing is \
            executed.

              watchctl replay --config watchd.yaml --stream shop/access=access.log \\
                --known-good shop=1.8.0 --release shop=1.9.0@2026-11-21T09:30:00Z

            Files may be gzip, '-' is standard input, and '*' in PATH names rotated files. Probe \
            files hold one JSON object a line: {time, ok, status, latency_ms, version}. Inputs \
            that are not given are insufficient. Exit status 0, also when something fired; 1 only \
            with --fail-on; 3 when an input could not be read, or only in part.
            """)

    enum FailOn: String, ExpressibleByArgument, CaseIterable {
        case rollback, page
    }

    @OptionGroup var common: CommonOptions
    @Option(help: "Configuration file; may be given again.") var config: [String] = []
    @Option(
        help: ArgumentHelp(
            "A file of a stream; may be given again.", valueName: "service/stream=path"))
    var stream: [String] = []
    @Option(
        help: ArgumentHelp(
            "A file of a probe's results; may be given again.", valueName: "service/probe=path"))
    var probe: [String] = []
    @Option(
        help: ArgumentHelp(
            "What was deployed, and when (RFC 3339); without a time it runs since before.",
            valueName: "service=version[@time]"))
    var release: [String] = []
    @Option(
        name: .customLong("known-good"),
        help: ArgumentHelp(
            "A release to roll back to. Without one, the first release must bake.",
            valueName: "service=version"))
    var knownGood: [String] = []
    @Option(help: ArgumentHelp("End then, not after the last record.", valueName: "time"))
    var until: String?
    @Option(
        name: .customLong("rollback-takes"),
        help: "So long after its decision a rollback has succeeded.")
    var rollbackTakes = "30s"
    @Option(
        name: .customLong("fail-on"),
        help: "Exit with 1 when this, or more, would have been decided (rollback or page).")
    var failOn: FailOn?

    @Flag(help: "Propose thresholds out of a record in which all was well.")
    var suggest = false

    func validate() throws {
        if suggest, common.json {
            throw ValidationError("--suggest is a report for people; leave out --json.")
        }
    }

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let configuration = try ConfigurationCheck.load(config, for: "replay")
        let request: ReplayRequest
        var replay: Replay
        do {
            request = try self.request()
            replay = try Replay(
                request,
                configuration: suggest
                    ? ThresholdAdvice.probing(configuration, request) : configuration)
        } catch {
            throw Failure(error)
        }
        let decisions =
            session.json
            ? try run(&replay, ReplayLines(session.output), session).decisions
            : try report(&replay, request, configuration, session)
        let problems = replay.problems
        for problem in problems {
            session.output.problem("watchctl: \(safe(problem.sentence, limit: 1000))")
        }
        if !problems.isEmpty { return .unknown }
        return fails(decisions) ? .badNews : .fine
    }

    private func report(
        _ replay: inout Replay, _ request: ReplayRequest, _ configuration: Configuration,
        _ session: Session
    ) throws(Failure) -> Set<ReplayEvent.Decision> {
        let findings = try run(
            &replay, ReplayFindings(replay.configuration, gathersClean: suggest), session)
        let rendering = ReplayRendering(
            replay: replay.inputs, blind: replay.blindIncidents, request: request,
            configuration: configuration, findings: findings, theme: session.theme)
        session.output.lines(rendering.lines, session.theme)
        if suggest {
            session.output.lines(
                AdviceRendering.lines(
                    ThresholdAdvice.advice(findings, request), findings, session.theme),
                session.theme)
        }
        return Set(findings.events.compactMap(\.decision))
    }

    private func run<Observer: ReplayObserver>(
        _ replay: inout Replay, _ observer: Observer, _ session: Session
    ) throws(Failure) -> Observer {
        var shown = ReplayProgress(observer, of: replay.size, session.output)
        do {
            try replay.run(&shown)
        } catch {
            shown.finish()
            throw Failure(error)
        }
        shown.finish()
        return shown.observer
    }

    private func request() throws(RequestProblem) -> ReplayRequest {
        var request = ReplayRequest()
        for argument in stream {
            request.inputs.append(try .init(kind: .stream, argument: argument))
        }
        for argument in probe {
            request.inputs.append(try .init(kind: .probe, argument: argument))
        }
        for argument in release {
            request.releases.append(try .init(option: "--release", argument: argument))
        }
        for argument in knownGood {
            request.knownGood.append(try .init(option: "--known-good", argument: argument))
        }
        if let until { request.until = try ReplayRequest.time(until, of: "--until") }
        guard let takes = Duration(text: rollbackTakes), takes >= .zero else {
            throw RequestProblem(
                "--rollback-takes '\(safe(rollbackTakes))' is no duration; write 30s or 2m")
        }
        request.rollbackTakes = takes
        return request
    }

    private func fails(_ decisions: Set<ReplayEvent.Decision>) -> Bool {
        switch failOn {
        case nil: false
        case .rollback: decisions.contains(.rollback)
        case .page: !decisions.isDisjoint(with: [.rollback, .hold, .page])
        }
    }
}

/// Writes events as they happen.
struct ReplayLines: ReplayObserver {
    private static let room = 1 << 16

    private let output: Output
    private(set) var decisions: Set<ReplayEvent.Decision> = []
    private var buffer = ""

    init(_ output: Output) { self.output = output }

    mutating func happened(_ event: ReplayEvent) {
        if let decision = event.decision { decisions.insert(decision) }
        buffer += event.json + "\n"
        if buffer.utf8.count > Self.room { finished() }
    }

    mutating func finished() {
        if !buffer.isEmpty { output.raw(buffer) }
        buffer = ""
    }
}
