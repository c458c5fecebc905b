// The engine as a replay drives it (DESIGN §6 "Replay"): what `EngineMode.replay` changes, and
// that nothing else does.

import Testing

@testable import WatchCore

@Suite struct ReplayModeTests {
    private static let start: Int64 = 1_800_000_000

    /// A service whose `access` stream is fed by hand, with `1.9.0` deployed while `1.8.0` is good.
    private struct Driven {
        var engine: Engine
        var second = ReplayModeTests.start
        var events: [EventRecord] = []
        var effects: [Effect] = []

        init(release: String? = "1.9.0", since: Double? = 0, knownGood: [String] = ["1.8.0"]) {
            var configuration = World.configuration()
            configuration.services[0].version = []
            let now = Self.moment(ReplayModeTests.start)
            let seeded = ServiceState.seeded(
                knownGood: knownGood.map { ReleaseIdentity(version: $0) },
                ran: release.map { release in
                    let began = since.map {
                        Moment(boot: now.boot + .seconds($0), wall: now.wall + .seconds($0))
                    }
                    return [(ReleaseIdentity(version: release), began)]
                } ?? [], at: now)
            engine = Engine(
                configuration: configuration,
                stored: DurableState(
                    host: HostState(arming: Arming(isArmed: true, by: "replay", reason: "")),
                    services: [configuration.services[0].name: seeded]),
                now: now, mode: .replay)
        }

        static func moment(_ second: Int64) -> Moment {
            Moment(
                boot: Instant(nanoseconds: second * 1_000_000_000),
                wall: WallTime(nanoseconds: second * 1_000_000_000))
        }

        mutating func take(_ effects: [Effect]) {
            self.effects += effects
            for case .persist(let transaction) in effects { events += transaction.events }
        }

        mutating func feed(errors: Int) {
            var slice = StreamBatch.Slice(
                second: second, count: 20, errors: errors, latency: LatencySketch())
            for _ in 0..<20 { slice.latency.record(seconds: 0.01) }
            take(
                engine.handle(
                    .stream(
                        service: engine.configuration.services[0].name, stream: "access",
                        StreamBatch(slices: [slice], lines: 20)), at: Self.moment(second)))
        }

        mutating func tick() {
            second += 1
            take(engine.handle(.tick, at: Self.moment(second)))
        }

        mutating func pass(_ seconds: Int, errors: Int) {
            for _ in 0..<seconds {
                feed(errors: errors)
                tick()
            }
        }

        func kinds(_ kind: String) -> [EventRecord] { events.filter { $0.kind == kind } }
        var service: ServiceEngine? { engine.services.values.first }
    }

    @Test func nothingIsJudgedBetweenTicks() {
        var driven = Driven()
        driven.pass(130, errors: 0)
        driven.events = []
        driven.second += 0
        for _ in 0..<50 { driven.feed(errors: 20) }
        #expect(driven.events.isEmpty)
        driven.tick()
        #expect(!driven.kinds("trigger.breached").isEmpty)
    }

    @Test func aRollbackRunsNothingAndLastsUntilItIsAssumedDone() throws {
        var driven = Driven()
        driven.pass(121, errors: 20)
        #expect(driven.kinds("decision").map(\.decision) == ["rollback"])
        driven.pass(400, errors: 0)
        let ran = driven.effects.contains { if case .run = $0 { true } else { false } }
        #expect(!ran)
        #expect(driven.service?.state.rollback != nil)
        driven.take(
            driven.engine.assumeRolledBack(
                try #require(driven.service?.name), at: Driven.moment(driven.second)))
        #expect(driven.service?.state.rollback == nil)
        #expect(driven.kinds("release.bad").map(\.release?.version) == ["1.9.0"])
        #expect(driven.kinds("release.detected").map(\.release?.version) == ["1.8.0"])
        #expect(driven.service?.state.incident?.record.state == .recovered)
        #expect(driven.service?.state.automaticEnds.count == 1)
    }

    @Test func afterARollbackAllTriggersAreInsufficientUntilItLooksAgain() throws {
        var driven = Driven()
        driven.pass(121, errors: 20)
        let name = try #require(driven.service?.name)
        driven.take(driven.engine.assumeRolledBack(name, at: Driven.moment(driven.second)))
        driven.events = []
        driven.pass(30, errors: 20)
        let told = driven.kinds("trigger.insufficient").compactMap(\.trigger)
        #expect(Set(told).count == told.count)
        #expect(
            driven.service?.triggers.values.allSatisfy { $0.verdict.name == .insufficient } ?? false
        )
        driven.events = []
        driven.take(driven.engine.lookAgain(at: name, at: Driven.moment(driven.second)))
        driven.pass(4, errors: 20)
        #expect(driven.kinds("trigger.breached").isEmpty)
        driven.pass(2, errors: 20)
        #expect(!driven.kinds("trigger.breached").isEmpty)
        // In probation a new breach pages and never acts.
        #expect(driven.kinds("decision").map(\.decision) == ["page"])
        #expect(driven.kinds("decision").map(\.reason) == ["probation"])
    }

    @Test func aReleaseThatRunsSinceBeforeTheStartIsNoSuspect() {
        var driven = Driven(since: nil)
        driven.pass(121, errors: 20)
        #expect(driven.kinds("decision").map(\.reason) == ["no-release-suspect"])
    }

    @Test func aSeededReleaseIsTheLastKnownGoodAndDoesNotRun() {
        let driven = Driven(release: nil, knownGood: ["1.7.0", "1.8.0"])
        #expect(driven.service?.state.book.running == nil)
        #expect(driven.service?.state.book.lastKnownGood?.identity.version == "1.8.0")
    }

    @Test func aSeededReleaseThatRunsIsNoTargetOfItself() {
        let driven = Driven(release: "1.8.0", since: nil, knownGood: ["1.7.0", "1.8.0"])
        #expect(driven.service?.state.book.lastKnownGood?.identity.version == "1.7.0")
    }
}
