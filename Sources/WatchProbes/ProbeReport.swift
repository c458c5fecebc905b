// What one probe found: the result that counts, and for a person what was seen on the way.

public import WatchCore
public import WatchHTTP

public struct ProbeReport: Hashable, Sendable {
    public var result: ProbeResult
    public var trace = ProbeTrace()
    /// Of a journey: all its steps, asked or not.
    public var steps: [StepReport] = []
}

/// One step of a journey.
public struct StepReport: Hashable, Sendable {
    public var name: String
    /// `step 2 (orders)`.
    public var title: String
    /// nil: it was not asked.
    public var report: ProbeReport?
    /// How often it was asked.
    public var times = 0
    /// Why it was not asked, or not so often as it should have been.
    public var note: String?

    init(_ step: JourneyCheck.Step, number: Int) {
        name = step.name
        title = "step \(number)" + (step.name == "step\(number)" ? "" : " (\(step.name))")
    }
}

/// Without secrets, but not yet made fit for a terminal.
public struct ProbeTrace: Hashable, Sendable {
    /// Address and port that answered.
    public var peer: String?
    public var tls: TLSInfo?
    /// What was said, line by line.
    public var asked: [String] = []
    /// What came back, line by line; without a body.
    public var answered: [String] = []
    /// Where it ended, if that was no answer.
    public var failedIn: HTTPFailure.Phase?

    public init() {}
}

/// How a probe is run this time.
struct ProbeRun: Sendable {
    var timeout: Duration
    var isRecheck = false
    /// Somebody looks on.
    var isTraced = false

    /// Whatever the configuration says, a connection of its own: a person wants to see all of it,
    /// and what a re-check contradicts may be the kept connection's doing.
    var isAnew: Bool { isRecheck || isTraced }
}

extension ProbeReport {
    init(started: Instant, _ run: ProbeRun) {
        result = ProbeResult(
            started: started, took: .zero, outcome: .pass, isRecheck: run.isRecheck)
    }

    /// No answer came: whose fault that is says the failure.
    mutating func note(_ failure: HTTPFailure, _ redactor: Redactor) {
        let reason = redactor.redact(failure.message)
        result.timings = failure.timings
        result.timedOut = failure.isTimeout
        result.outcome = failure.kind.isOurs ? .error(reason) : .fail(reason)
        trace.peer = failure.peer
        trace.tls = failure.tls
        trace.failedIn = failure.phase
    }

    mutating func note(_ response: HTTPResponse) {
        result.timings = response.timings
        trace.peer = response.peer
        trace.tls = response.tls
    }
}
