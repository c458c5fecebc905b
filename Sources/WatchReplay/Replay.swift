// A record, judged by the real engine: inputs are merged by time, and a virtual clock goes from
// whole second to whole second (DESIGN §6 "Replay"). Nothing is executed; a rollback that the
// engine decides is assumed to have helped, a fixed time later.

public import WatchCore

/// What a replay tells while it runs. All of it happens on the thread of the replay.
public protocol ReplayObserver {
    mutating func happened(_ event: ReplayEvent)
    /// Lines of a stream; `counts` is false for those that tell of another world.
    mutating func saw(_ batch: StreamBatch, of stream: String, service: String, counts: Bool)
    /// A whole second has been judged.
    mutating func judged(_ engine: Engine, at time: WallTime)
    /// So many bytes of all files were read.
    mutating func progressed(bytes: Int64, at time: WallTime)
    /// Nothing more comes.
    mutating func finished()
}

extension ReplayObserver {
    public mutating func saw(
        _ batch: StreamBatch, of stream: String, service: String, counts: Bool
    ) {}
    public mutating func judged(_ engine: Engine, at time: WallTime) {}
    public mutating func progressed(bytes: Int64, at time: WallTime) {}
    public mutating func finished() {}
}

public struct Replay {
    static let peer = Peer(uid: 0, name: "--release")

    public let configuration: Configuration
    let request: ReplayRequest
    var streams: [StreamInput] = []
    var probes: [ProbeInput] = []
    /// In the order of their times.
    var announcements: [ReplayRequest.Announcement] = []
    var engine: Engine
    /// Bad releases by service: until another one shows, the record tells of another world.
    var aside: [String: String] = [:]
    /// Services of which some record named a version.
    var versioned: Set<String> = []
    var rollbacks: [AssumedRollback] = []
    /// Incidents of signals that could not be measured, by their names; live they are paged.
    var blind: [String: IncidentRecord] = [:]
    /// How far the merge has come, nanoseconds since 1970.
    var clock: Int64
    let start: Int64
    var end: Int64

    struct AssumedRollback {
        var service: String
        var due: Int64
        var bad: String
    }

    /// Opens the inputs.
    /// - Throws: `RequestProblem`, `InputProblem`.
    public init(_ request: ReplayRequest, configuration: Configuration) throws {
        var request = request
        try request.check(against: configuration)
        request.inputs = request.inputs.flatMap { input in
            ByteSources.paths(input.path).map { path in
                var one = input
                one.path = path
                return one
            }
        }
        try request.refuseRepeats()
        let assumed = Assumptions.configuration(configuration, for: request)
        for (order, input) in request.inputs.enumerated() {
            switch input.kind {
            case .stream:
                guard let stream = assumed.service(input.service)?.stream(input.signal) else {
                    continue
                }
                streams.append(try StreamInput(input, stream))
            case .probe: probes.append(try ProbeInput(input, order: order))
            }
        }
        let heads = streams.compactMap(\.head) + probes.compactMap { $0.head?.time.nanoseconds }
        guard let first = heads.min() else {
            // What kept it from being read says more.
            if let known = streams.compactMap(\.problem).first
                ?? probes.compactMap({ $0.mistakes.first ?? $0.problem }).first
            {
                throw known
            }
            throw InputProblem(
                path: request.inputs.map(\.path).joined(separator: ", "),
                text: "no line could be read as a record; `watchctl stream` shows how lines are "
                    + "parsed")
        }
        let start = first.flooredDivision(by: 1_000_000_000) * 1_000_000_000
        self.start = start
        clock = start
        end = start
        if let until = request.until, until.nanoseconds < start {
            throw RequestProblem(
                "--until \(until.text) lies before the first record, which is of "
                    + WallTime(nanoseconds: first).text)
        }
        let now = Self.moment(start)
        engine = Engine(
            configuration: assumed, stored: Assumptions.state(of: assumed, for: request, at: now),
            now: now, mode: .replay)
        announcements = Assumptions.inOrder(
            request.releases.filter { ($0.time?.nanoseconds ?? .min) >= start })
        self.configuration = assumed
        self.request = request
    }

    static func moment(_ nanoseconds: Int64) -> Moment {
        Moment(
            boot: Instant(nanoseconds: nanoseconds), wall: WallTime(nanoseconds: nanoseconds))
    }
}

extension Replay {
    /// Of signals that could not be measured for so long that people are told, oldest first.
    public var blindIncidents: [IncidentRecord] {
        blind.values.sorted { ($0.opened, $0.id) < ($1.opened, $1.id) }
    }

    /// What was wrong with inputs, as far as they were read: each makes the answer incomplete.
    public var problems: [InputProblem] {
        streams.compactMap(\.problem)
            + probes.flatMap { probe in
                let more = probe.tally.unparsed - probe.mistakes.count
                let rest =
                    more > 0
                    ? [InputProblem(path: probe.path, text: "\(more) more lines are no records")]
                    : []
                return probe.mistakes + rest + (probe.problem.map { [$0] } ?? [])
            }
    }
}

/// An input and what was read of it.
public struct ReplayedInput: Hashable, Sendable {
    public var input: ReplayRequest.Input
    public var tally: InputTally
}

extension Replay {
    /// In the order of the command line, streams first.
    public var inputs: [ReplayedInput] {
        streams.map { stream in
            var tally = stream.tally
            tally.first = stream.first.map { WallTime(nanoseconds: $0) }
            tally.last = stream.latest == .min ? nil : WallTime(nanoseconds: stream.latest)
            return ReplayedInput(
                input: .init(
                    kind: .stream, service: stream.service, signal: stream.stream,
                    path: stream.path), tally: tally)
        }
            + probes.map { probe in
                ReplayedInput(
                    input: .init(
                        kind: .probe, service: probe.service, signal: probe.probe,
                        path: probe.path), tally: probe.tally)
            }
    }

    /// Bytes of all inputs together; nil when one of them is a pipe.
    public var size: Int64? {
        var sum: Int64 = 0
        for source in streams.map(\.source) + probes.map(\.source) {
            guard let size = source.size else { return nil }
            sum += size
        }
        return sum
    }
}
