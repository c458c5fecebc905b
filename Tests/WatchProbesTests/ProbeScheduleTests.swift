import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct ProbeScheduleTests {
    let time = ManualTime()
    let events: AsyncStream<Event>
    let feed: AsyncStream<Event>.Continuation

    init() { (events, feed) = AsyncStream.makeStream() }

    private func schedule(_ prober: any Prober) -> ProbeSchedule {
        ProbeSchedule(prober: prober, time: time) { [feed] in feed.yield($0) }
    }

    private func target(_ names: [String], every: Duration = .seconds(10)) throws
        -> ProbeSchedule.Target
    {
        ProbeSchedule.Target(
            service: "shop",
            probes: try names.map { try .http("http://127.0.0.1/", name: $0, every: every) },
            versions: [])
    }

    /// The name and result of the next probe event.
    private func next(
        _ iterator: inout AsyncStream<Event>.Iterator
    ) async throws -> (name: String, result: ProbeResult) {
        let event = await iterator.next(isolation: nil)
        guard case .probe("shop", let name, let result)? = event else {
            throw Unexpected(event: event)
        }
        return (name, result)
    }

    struct Unexpected: Error { var event: Event? }

    @Test func aTargetThatHangsDelaysNobodyAndItsSlotsAreCounted() async throws {
        let prober = ScriptedProber(hanging: ["dead"])
        let schedule = schedule(prober)
        await schedule.start([try target(["dead", "well"])])
        var iterator = events.makeAsyncIterator()
        for round in 1...5 {
            await time.untilSleeping(2)
            time.advance(by: .seconds(10))
            #expect(try await next(&iterator).name == "well", "round \(round)")
        }
        await time.untilSleeping(2)
        #expect(await schedule.skipped == [.init(service: "shop", name: "dead", slots: 4)])
        prober.release()
        #expect(try await next(&iterator).name == "dead")
        await schedule.stop()
    }

    @Test func everyTenSecondsMeansSixtyOfSixHundred() async throws {
        let prober = ScriptedProber()
        let schedule = schedule(prober)
        await schedule.start([try target(["well"])])
        var iterator = events.makeAsyncIterator()
        await time.untilSleeping(1)
        time.advance(by: .seconds(10))
        _ = try await next(&iterator)
        for _ in 0..<60 {
            // Odd steps that add up: a schedule that drifts would lose a run.
            for step in [2713, 4001, 3286] {
                await time.untilSleeping(1)
                time.advance(by: .milliseconds(step))
            }
            _ = try await next(&iterator)
        }
        await schedule.stop()
        #expect(prober.asked("well") == 61)
    }

    @Test func aFailureIsRecheckedWithinSecondsAndIsNoSample() async throws {
        let prober = ScriptedProber(failing: ["bad"])
        let schedule = schedule(prober)
        await schedule.start([try target(["bad"], every: .minutes(10))])
        var iterator = events.makeAsyncIterator()
        await time.untilSleeping(1)
        time.advance(by: .seconds(10))
        #expect(try await next(&iterator).result.isRecheck == false)
        await time.untilSleeping(2)
        time.advance(by: .seconds(2))
        let second = try await next(&iterator).result
        #expect(second.isRecheck)
        #expect(second.outcome == .fail("scripted"))
        await schedule.stop()
        #expect(prober.asked("bad") == 2)
    }

    @Test func probeNowAsksAtOnceAndOnlyWhatItNames() async throws {
        let schedule = schedule(ScriptedProber())
        await schedule.start([try target(["a", "b"])])
        var iterator = events.makeAsyncIterator()
        await time.untilSleeping(2)
        await schedule.probeNow(service: "shop", probes: ["b", "unknown"])
        let (name, result) = try await next(&iterator)
        #expect(name == "b")
        #expect(result.isRecheck)
        await schedule.stop()
    }

    @Test func versionsAreReadOnDemandAndNamedByTheirPlace() async throws {
        let schedule = schedule(ScriptedProber())
        let sources = ["/a", "/b"].map {
            VersionSource(kind: .symlink(path: $0), every: .seconds(15))
        }
        await schedule.start([.init(service: "shop", probes: [], versions: sources)])
        var iterator = events.makeAsyncIterator()
        await schedule.readVersions(service: "shop")
        var seen: [Int: VersionReading.Answer] = [:]
        for _ in 0..<2 {
            if case .version("shop", let source, let reading)? =
                await iterator.next(isolation: nil)
            {
                seen[source] = reading.answer
            }
        }
        #expect(seen == [0: .unavailable("symlink:/a"), 1: .unavailable("symlink:/b")])
        await schedule.stop()
    }

    @Test func aReloadKeepsWhatIsTheSameAndEndsWhatIsGone() async throws {
        let prober = ScriptedProber(hanging: ["kept", "gone"])
        let schedule = schedule(prober)
        await schedule.start([try target(["kept", "gone"])])
        var iterator = events.makeAsyncIterator()
        await time.untilSleeping(2)
        time.advance(by: .seconds(10))
        await prober.untilHanging(2)
        await schedule.replace(with: [try target(["kept", "new"])])
        prober.release()
        await schedule.probeNow(service: "shop", probes: ["new", "gone"])
        let names = [try await next(&iterator).name, try await next(&iterator).name]
        #expect(names.sorted() == ["kept", "new"])
        await schedule.stop()
        feed.finish()
        #expect(await iterator.next(isolation: nil) == nil)
    }

    @Test func nothingComesAfterStop() async throws {
        let prober = ScriptedProber(hanging: ["dead"])
        let schedule = schedule(prober)
        await schedule.start([try target(["dead"])])
        await time.untilSleeping(1)
        time.advance(by: .seconds(10))
        await prober.untilHanging(1)
        await schedule.stop()
        prober.release()
        feed.finish()
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next(isolation: nil) == nil)
    }

    @Test func twoHundredSilentTargetsLeaveAHealthyProbeAlone() async throws {
        let prober = LiveProber(client: HTTPClient(), secrets: Secrets(), time: time)
        let schedule = schedule(prober)
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        try await withServer { connection in
            arrived.yield()
            connection.hang()
        } _: { silent in
            try await withServer {
                $0.answer(200, [], "ok")
            } _: { healthy in
                let hanging = try (0..<200).map {
                    try ProbeConfiguration.http(
                        silent.url, name: "dead-\($0)", timeout: .hours(1))
                }
                let well = try ProbeConfiguration.http(healthy.url, name: "well")
                await schedule.start([
                    .init(service: "shop", probes: hanging + [well], versions: [])
                ])
                var iterator = events.makeAsyncIterator()
                for round in 0..<5 {
                    await time.untilSleeping(201)
                    time.advance(by: .seconds(10))
                    if round == 0 {
                        var waiting = arrivals.makeAsyncIterator()
                        for _ in 0..<200 { await waiting.next(isolation: nil) }
                    }
                    let (name, result) = try await next(&iterator)
                    #expect(name == "well")
                    #expect(result.outcome == .pass)
                }
                await schedule.stop()
            }
        }
    }

    @Test func stepsComeWithTheirJourneyAlsoWhenTheyAreAskedForByName() async throws {
        let prober = ScriptedProber()
        let schedule = schedule(prober)
        let journey = ProbeConfiguration(
            name: "signin", every: .seconds(10),
            kind: .journey(JourneyCheck(steps: [try .step("orders", "http://127.0.0.1/")])))
        await schedule.start([
            ProbeSchedule.Target(
                service: "shop", probes: [journey] + journey.steps, versions: [])
        ])
        var iterator = events.makeAsyncIterator()
        await time.untilSleeping(1)
        time.advance(by: .seconds(10))
        #expect(try await next(&iterator).name == "signin")
        await schedule.probeNow(service: "shop", probes: ["signin.orders"])
        let (name, result) = try await next(&iterator)
        #expect(name == "signin" && result.isRecheck)
        #expect(prober.asked("signin.orders") == 0)
        await schedule.stop()
    }
}
