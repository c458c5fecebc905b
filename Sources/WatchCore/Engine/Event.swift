// Everything that can happen to the engine. Adapters make these; the engine never asks back
// except through an `Effect`.

public enum Event: Hashable, Sendable {
    // What is much longer than the rest is kept apart (`indirect`): an event is moved several times
    // on its way, and all of them would be as long.

    /// A second went by, or the instant the engine asked to be woken at has come.
    case tick
    indirect case probe(service: String, probe: String, ProbeResult)
    case stream(service: String, stream: String, StreamBatch)
    /// `source` is the index in the service's list.
    case version(service: String, source: Int, VersionReading)
    /// Every `connectivity:` target was asked.
    case connectivity(ConnectivityResult)
    case task(id: String, TaskResult)
    indirect case command(Command, by: Peer)
    /// A transaction could not be made durable; what it held stays queued in the shell. `skipped`:
    /// the tasks that were to be run after it and surely were not.
    case storeFailed(String, skipped: [String])
    /// The store takes transactions again.
    case storeRecovered
    /// A message was sent, or is not.
    indirect case delivery(DeliveryNews)

    package var isTick: Bool { if case .tick = self { true } else { false } }
}

/// One result of one probe.
public struct ProbeResult: Hashable, Sendable, Codable {
    public enum Outcome: Hashable, Sendable, Codable {
        case pass
        /// The target answered badly or not at all.
        case fail(String)
        /// We could not ask; the fault may be ours.
        case error(String)
    }

    public var started: Instant
    /// Start to end; zero where a record does not say.
    public var took: Duration
    public var outcome: Outcome
    /// It passed, but not as well as it should have: why.
    public var degraded: String?
    /// An extra check outside the schedule: it moves the probe's state, and is no sample.
    public var isRecheck: Bool
    public var timings: PhaseTimings?
    public var status: Int?
    /// The other host that was asked; nil: this one, or nobody over a network.
    public var host: String?
    /// The outcome is that no answer came in time, in whatever phase.
    public var timedOut: Bool?
    /// A unit's counter of restarts (systemd's `NRestarts`).
    public var restarts: Int?
    /// The beginning of what the target said, where that was no pass, and of a unit always what it
    /// is like; bounded, without secrets.
    public var body: String?
    /// Of a journey: what came of each step that was asked, in their order.
    public var steps: [Step]?

    public struct Step: Hashable, Sendable, Codable {
        public var name: String
        public var result: ProbeResult

        public init(name: String, result: ProbeResult) {
            self.name = name
            self.result = result
        }
    }

    public init(
        started: Instant, took: Duration, outcome: Outcome, isRecheck: Bool = false,
        timings: PhaseTimings? = nil, status: Int? = nil
    ) {
        self.started = started
        self.took = took
        self.outcome = outcome
        self.isRecheck = isRecheck
        self.timings = timings
        self.status = status
    }
}

/// Where the time of an HTTP request went, each phase by itself, in seconds; nil: not reached.
public struct PhaseTimings: Hashable, Sendable, Codable {
    public var name: Double?
    public var connect: Double?
    public var tls: Double?
    /// Request sent → first byte.
    public var firstByte: Double?
    public var body: Double?
    public var total: Double

    public init(
        name: Double? = nil, connect: Double? = nil, tls: Double? = nil, firstByte: Double? = nil,
        body: Double? = nil, total: Double
    ) {
        self.name = name
        self.connect = connect
        self.tls = tls
        self.firstByte = firstByte
        self.body = body
        self.total = total
    }
}

/// What a stream saw since its last batch: sums per second, not single lines.
public struct StreamBatch: Hashable, Sendable {
    public struct Slice: Hashable, Sendable {
        /// Whole seconds of `CLOCK_BOOTTIME`: the lines' own time, moved to the boot clock.
        public var second: Int64
        public var count: Int
        public var errors: Int
        /// Of the lines that had one; seconds.
        public var latency: LatencySketch
        /// Lines that matched, by the pattern's name.
        public var patterns: [String: Int] = [:]
        /// Requests by route, where the stream counts them.
        public var routes = RouteTallies()
        /// Distinct values of a field and those that saw an error, by the field's name.
        public var audiences: [String: Audience] = [:]

        public init(second: Int64, count: Int, errors: Int, latency: LatencySketch) {
            self.second = second
            self.count = count
            self.errors = errors
            self.latency = latency
        }
    }

    /// What kept lines from being counted; each is a number of lines since the last batch.
    public struct Losses: Hashable, Sendable {
        public var unparsed = 0
        /// More than 10 s ahead of the clock.
        public var early = 0
        /// Longer than the bound, so cut or skipped.
        public var tooLong = 0
        /// Read but given up because a queue was full.
        public var dropped = 0

        public init() {}
    }

    /// Senders that were not let in, because there were too many.
    public struct TurnedAway: Hashable, Sendable {
        public var count: Int
        /// Of the last one: what there were too many of.
        public var why: String

        public init(count: Int, why: String) {
            self.count = count
            self.why = why
        }

        package static func + (later: TurnedAway, earlier: TurnedAway?) -> TurnedAway {
            TurnedAway(count: later.count + (earlier?.count ?? 0), why: later.why)
        }
    }

    public enum Source: Hashable, Sendable {
        case reading
        /// The file is not there, or may not be read; the sentence says which and what to do.
        case unreadable(String)
    }

    public var slices: [Slice]
    /// Lines read, good or not.
    public var lines: Int
    public var losses: Losses
    public var source: Source
    /// How far the last line that was early was ahead of the clock; nil: none was.
    public var earlyBy: Duration?
    /// Lines of before this batch was handed over are still to be read.
    public var isBehind = false
    /// nil: nobody was, since the last batch.
    public var turnedAway: TurnedAway?
    /// Some of the lines that were errors or matched a pattern, for people; bounded.
    public var samples: [String] = []

    public init(
        slices: [Slice] = [], lines: Int = 0, losses: Losses = Losses(), source: Source = .reading
    ) {
        self.slices = slices
        self.lines = lines
        self.losses = losses
        self.source = source
    }
}
