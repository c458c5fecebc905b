// Even traffic with a known share of errors through a real engine, five seconds a step, to compare
// what triggers do with what formulas say.

@testable import WatchCore

/// One service whose only signal is its log.
struct Traffic {
    /// A pause of more than this would be time nobody watched.
    static let step = 5

    private(set) var engine: Engine
    private(set) var now = Moment(boot: .seconds(100_000), wall: .seconds(1_800_000_000))
    private(set) var events: [EventRecord] = []
    private(set) var effects: [Effect] = []
    private let start: Instant
    /// `for` counts judged seconds; what needs none of it goes faster without.
    var judgesEverySecond = false
    /// Lines name a route and a client.
    var tellsRoutesAndClients = false
    /// Errors that are owed: shares do not come in whole requests.
    private var owed = 0.0

    init(
        _ triggers: [TriggerConfiguration], slo: Double? = 0.999, bake: Duration = .days(30)
    ) {
        var service = World.service(triggers: triggers)
        service.slo = slo
        service.probes = []
        // Announced, not read.
        service.version = []
        service.bake = bake
        engine = Engine(configuration: World.configuration(services: [service]), now: now)
        start = now.boot
        let root = Peer(uid: 0, name: "root")
        take(engine.perform(.arm(service: nil, reason: "test"), by: root, at: now).effects)
    }

    /// Seconds since the beginning.
    var elapsed: Double { (now.boot - start).seconds }

    /// Lets `seconds` of traffic go by; `errors` is the share that fails.
    mutating func pass(_ seconds: Int, perStep: Int = 500, errors share: Double = 0) {
        for _ in 0..<seconds / Self.step {
            for _ in 1..<Self.step {
                advance(1)
                if judgesEverySecond { take(engine.handle(.tick, at: now)) }
            }
            advance(1)
            owed += Double(perStep) * share
            let failed = Int(owed + 1e-9)
            owed -= Double(failed)
            var slice = StreamBatch.Slice(
                second: now.boot.second - Int64(Self.step), count: perStep, errors: failed,
                latency: LatencySketch())
            if tellsRoutesAndClients { tell(&slice) }
            let slices = perStep > 0 ? [slice] : []
            take(
                engine.handle(
                    .stream(
                        service: "shop", stream: "access",
                        StreamBatch(slices: slices, lines: perStep)), at: now))
        }
    }

    /// A route for each ten requests, a client for each request.
    private func tell(_ slice: inout StreamBatch.Slice) {
        var audience = Audience()
        for request in 0..<slice.count {
            let isError = request < slice.errors
            slice.routes.record("/\(request / 10)", isError: isError)
            let client = Double(request) + elapsed * 1000
            withUnsafeBytes(of: client) {
                audience.record(hash: Audience.hash($0), isError: isError)
            }
        }
        slice.audiences["client"] = audience
    }

    private mutating func advance(_ seconds: Int) {
        now.boot = now.boot + .seconds(Double(seconds))
        now.wall = now.wall + .seconds(seconds)
    }

    /// Until something of that kind happened; the seconds it took, nil: it did not.
    mutating func pass(
        upTo seconds: Int, perStep: Int = 500, errors share: Double, until kind: String
    ) -> Double? {
        let before = elapsed
        let known = count(kind)
        while elapsed - before < Double(seconds) {
            pass(Self.step, perStep: perStep, errors: share)
            if count(kind) > known { return elapsed - before }
        }
        return nil
    }

    mutating func announce(_ version: String) {
        let command = Command.announce(
            service: "shop", release: ReleaseIdentity(version: version), fields: [:])
        take(engine.perform(command, by: Peer(uid: 0, name: "root"), at: now).effects)
    }

    func count(_ kind: String) -> Int { events.count { $0.kind == kind } }

    private mutating func take(_ new: [Effect]) {
        for effect in new {
            if case .persist(let transaction) = effect { events += transaction.events }
        }
        effects += new
    }

    static func trigger(
        _ name: String, _ when: String, _ mode: TriggerConfiguration.Mode = .page,
        sustainedFor: Duration? = nil, confidence: Double? = nil, minSamples: Int = 20
    ) -> TriggerConfiguration {
        var trigger = World.trigger(name, when, .critical, mode)
        trigger.judgement = Judgement(
            warmUp: .zero, clearFor: .zero, minSamplesOfStream: minSamples)
        trigger.judgement.confidence = confidence
        trigger.sustainedFor = sustainedFor
        return trigger
    }
}
