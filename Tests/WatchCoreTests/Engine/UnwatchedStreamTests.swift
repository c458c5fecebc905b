// Time in which nobody read a stream is no time in which nothing happened, and what is read of it
// later did not happen all at once.

import Testing

@testable import WatchCore

@Suite struct UnwatchedStreamTests {
    private static let rate = "rate(access, 2m)"

    /// Five lines a second.
    private func world(
        _ rules: [String], kind: StreamConfiguration.Kind = .file(path: "/var/log/access.log"),
        warmUp: Duration = .seconds(5)
    ) -> World {
        var service = World.service(
            triggers: rules.map { rule in
                var trigger = World.trigger(rule, rule)
                trigger.judgement = Judgement(warmUp: warmUp, clearFor: .seconds(5))
                return trigger
            })
        service.streams = [StreamConfiguration(name: "access", kind: kind, format: .lines)]
        let world = World(World.configuration(services: [service]))
        world.requestsPerSecond = 5
        return world
    }

    private func reading(_ world: World, _ operand: String = rate) -> Reading? {
        world.status?.triggers.compactMap { $0.readings[operand] }.first
    }

    private func breaches(_ world: World) -> [EventRecord] { world.kinds("trigger.breached") }

    private func slice(_ second: Int64, _ count: Int) -> StreamBatch.Slice {
        StreamBatch.Slice(second: second, count: count, errors: 0, latency: LatencySketch())
    }

    private func hand(_ world: World, _ batch: StreamBatch) {
        world.handle(.stream(service: "shop", stream: "access", batch))
    }

    /// watchd is gone for 50 s, and what was written meanwhile is read when it is back.
    private func restart(_ world: World, reading batches: (World, Int64) -> [StreamBatch]) {
        let left = world.now.boot.second
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.suspend(50)
        world.crash()
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        hand(world, StreamBatch())
        for batch in batches(world, left) { hand(world, batch) }
    }

    /// The rate stays what it is while the gap moves through the window.
    private func expectTrueRate(_ world: World, for seconds: Int = 130) {
        for second in 0..<seconds {
            world.pass(1)
            guard let reading = reading(world), let value = reading.value else {
                #expect(self.reading(world)?.gap == .warmingUp, "\(second)")
                continue
            }
            #expect(abs(value - 5) < 0.3, "\(second): \(value)")
        }
        #expect(breaches(world).isEmpty)
        #expect(reading(world)?.value != nil)
    }

    @Test func theRateIsTheTrueOneAfterADowntime() {
        let world = world(["\(Self.rate) > 7"])
        world.pass(180)
        restart(world) { world, left in
            let slices = (left..<left + 50).map { slice($0, 5) }
            return [StreamBatch(slices: slices, lines: 250)]
        }
        expectTrueRate(world)
    }

    @Test func linesWithoutATimeOfTheirOwnAreNoBurstThen() {
        let world = world(["\(Self.rate) > 7"])
        world.pass(180)
        restart(world) { world, left in
            // They are read in two turns.
            var first = StreamBatch(slices: [slice(world.now.boot.second, 125)], lines: 125)
            first.isBehind = true
            world.suspend(1)
            let second = StreamBatch(slices: [slice(world.now.boot.second - 1, 125)], lines: 125)
            return [first, second]
        }
        expectTrueRate(world)
    }

    @Test func aPauseOfTheWatcherIsNoBurst() {
        let world = world(["\(Self.rate) > 7"])
        world.pass(180)
        let left = world.now.boot.second
        world.suspend(50)
        world.handle(.tick)
        hand(
            world, StreamBatch(slices: (left..<left + 49).map { slice($0, 5) }, lines: 245))
        expectTrueRate(world)
    }

    @Test func theEndOfAnOwnNetworkFaultIsNoBurst() {
        let world = world(["\(Self.rate) > 7"])
        world.pass(180)
        let left = world.now.boot.second
        world.logs = { _, _ in nil }
        world.hostOf = { _ in "a.example.com" }
        var configuration = world.configuration
        configuration.connectivity = [
            ConnectivityTarget(
                source: "tcp://192.0.2.1:53", kind: .tcp(host: "192.0.2.1", port: 53))
        ]
        _ = world.engine.reconfigure(to: configuration, at: world.now)
        func check(_ works: Bool) {
            world.handle(
                .connectivity(
                    ConnectivityResult(
                        started: world.now.boot, reached: works ? ["tcp"] : [],
                        problems: works ? [:] : ["tcp": "no route to host"])))
        }
        check(false)
        world.pass(50)
        check(true)
        hand(
            world, StreamBatch(slices: (left..<left + 49).map { slice($0, 5) }, lines: 245))
        world.logs = nil
        expectTrueRate(world)
    }

    // MARK: - Streams that keep no place

    private static let rules = [
        "\(rate) < 2", "count(access, 2m) < 200", "errors(access, 2m) < 0",
    ]

    private func expectWarmingUp(_ world: World, for seconds: Int) {
        for second in 0..<seconds {
            world.pass(1)
            for operand in [Self.rate, "count(access, 2m)", "errors(access, 2m)"] {
                #expect(reading(world, operand)?.gap == .warmingUp, "\(operand) \(second)")
            }
        }
    }

    @Test func timeInWhichAStreamCouldNotBeReadIsNotWatched() {
        let world = world(
            Self.rules, kind: .command(["/usr/bin/kubectl", "logs"]), warmUp: .minutes(1))
        world.pass(180)
        world.logs = { _, _ in StreamBatch(source: .unreadable("kubectl ended")) }
        world.pass(90)
        world.logs = nil
        expectWarmingUp(world, for: 25)
        expectTrueRate(world, for: 150)
    }

    @Test func alsoThroughARestart() {
        let world = world(
            Self.rules, kind: .command(["/usr/bin/kubectl", "logs"]), warmUp: .minutes(1))
        world.pass(180)
        world.logs = { _, _ in StreamBatch(source: .unreadable("kubectl ended")) }
        world.pass(90)
        let checkpoint = world.engine.checkpoint(at: world.now)
        world.crash()
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        world.logs = nil
        expectWarmingUp(world, for: 25)
        #expect(breaches(world).isEmpty)
    }

    @Test func aFileThatWasUnreadableHasLostNothing() {
        let world = world(["\(Self.rate) < 2", "\(Self.rate) > 7"], warmUp: .minutes(1))
        world.pass(180)
        world.logs = { _, _ in StreamBatch(source: .unreadable("permission denied")) }
        world.pass(90)
        // All that was written comes with the first look.
        hand(world, StreamBatch(slices: [slice(world.now.boot.second, 450)], lines: 450))
        world.logs = nil
        expectTrueRate(world)
    }

    @Test func sendersThatWereTurnedAwayAreTold() {
        let world = world(
            ["\(Self.rate) < 2"], kind: .syslog(.init(.tcp(host: "127.0.0.1", port: 514))))
        func note() -> String? { world.status?.signals.first { $0.name == "access" }?.note }
        world.pass(60)
        #expect(note() == nil)
        for _ in 0..<2 {
            var batch = StreamBatch()
            batch.turnedAway = .init(count: 6, why: "128 connections of one address")
            hand(world, batch)
        }
        #expect(note() == "12 senders were turned away: 128 connections of one address")
        world.pass(599)
        #expect(note() != nil)
        world.pass(2)
        #expect(note() == nil)
        #expect(breaches(world).isEmpty)
    }

    @Test func timeInWhichLinesWereDroppedIsNotWatched() throws {
        let world = world(
            ["rate(access, 5m) < 4"], kind: .syslog(.init(.udp(host: "127.0.0.1", port: 514))),
            warmUp: .seconds(30))
        world.pass(180)
        // Of each second hardly anything is left, for two minutes.
        world.logs = { world, _ in
            var batch = world.batch(1)
            batch.losses.dropped = 4
            return batch
        }
        world.pass(120)
        world.logs = nil
        for _ in 0..<300 {
            world.pass(1)
            let value = reading(world, "rate(access, 5m)")?.value
            if let value { #expect(abs(value - 5) < 0.2, "\(value)") }
        }
        #expect(breaches(world).isEmpty)
        #expect(reading(world, "rate(access, 5m)")?.value != nil)
    }
}
