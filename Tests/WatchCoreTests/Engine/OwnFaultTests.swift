// When this host's own network fails, every verdict is blind, no breach begins, nothing acts, and
// people are told once.

import Testing

@testable import WatchCore

@Suite struct OwnFaultTests {
    private static func probe(_ name: String) -> ProbeConfiguration {
        let request = HTTPRequestSpec(url: Template(literal: "http://\(name).example.com/"))
        return ProbeConfiguration(
            name: name, every: .seconds(1), kind: .http(request, HTTPExpectation()))
    }

    private func world(
        declared: Bool = true, probes: [String] = ["a", "b"], failures: Int = 2
    ) -> World {
        var service = World.service(triggers: [
            World.trigger("down", "failing(\(probes.joined(separator: ", "))) > 60%"),
            World.trigger("storm", "error_rate(access, 10s) > 25%"),
        ])
        service.probes = probes.map(Self.probe)
        for place in probes.indices {
            service.probes[place].failures = failures
            if failures == 1 { service.triggers[0].judgement.warmUp = .zero }
        }
        var plan = World.plan()
        plan.verify.probes = []
        var configuration = World.configuration(services: [service], plan: plan)
        if declared {
            configuration.connectivity = [
                ConnectivityTarget(
                    source: "tcp://192.0.2.1:53", kind: .tcp(host: "192.0.2.1", port: 53))
            ]
        }
        let world = World(configuration)
        world.hostOf = { "\($0).example.com" }
        _ = world.bakeFirst()
        return world
    }

    private func timeOut(_ world: World, _ names: Set<String> = ["a", "b"]) {
        world.timesOut = names
    }

    private func check(_ world: World, works: Bool) {
        world.handle(
            .connectivity(
                ConnectivityResult(
                    started: world.now.boot, reached: works ? ["tcp://192.0.2.1:53"] : [],
                    problems: works ? [:] : ["tcp://192.0.2.1:53": "no route to host"])))
    }

    private func verdicts(_ world: World) -> [VerdictName] {
        world.status?.triggers.map(\.verdict) ?? []
    }

    @Test func whenNoConnectivityTargetCanBeReachedEveryVerdictIsBlindOwnNetwork() {
        let world = world()
        check(world, works: false)
        world.pass(1)
        #expect(verdicts(world) == [.blind, .blind])
        #expect(world.status?.triggers.first?.note?.contains("own-network") == true)
    }

    @Test func everyServiceOfTheHostIsBlindThen() {
        var configuration = World.configuration(services: [
            World.service("shop"), World.service("blog"),
        ])
        configuration.connectivity = [
            ConnectivityTarget(
                source: "tcp://192.0.2.1:53", kind: .tcp(host: "192.0.2.1", port: 53))
        ]
        let world = World(configuration)
        world.pass(20)
        func verdicts() -> [String: Set<VerdictName>] {
            let daemon = StatusReport.Daemon(
                version: "test", pid: 1, started: world.now.wall, configuration: "",
                stateDirectory: "")
            let services = world.engine.status(daemon: daemon, at: world.now).services
            return services.reduce(into: [:]) { $0[$1.name] = Set($1.triggers.map(\.verdict)) }
        }
        #expect(verdicts() == ["shop": [.healthy], "blog": [.healthy]])
        check(world, works: false)
        world.pass(1)
        #expect(verdicts() == ["shop": [.blind], "blog": [.blind]])
    }

    @Test func noBreachBeginsAndNothingActsWhileTheNetworkIsDead() {
        let world = world()
        world.deploy("2.0.0")
        world.pass(10)
        // The network dies: time-outs come before anybody knows whose fault it is.
        timeOut(world)
        world.connectivity = false
        world.pass(120)
        #expect(world.kinds("trigger.breached").isEmpty)
        #expect(world.methodTasks.isEmpty)
        #expect(world.asksForConnectivity > 0)
        // Back again: what was in between is no sample.
        timeOut(world, [])
        world.connectivity = true
        check(world, works: true)
        world.pass(60)
        #expect(world.kinds("trigger.breached").isEmpty)
        #expect(verdicts(world) == [.healthy, .healthy])
    }

    @Test func aTimeOutCountsWhenTheNetworkIsProvenToWork() {
        let world = world()
        world.deploy("2.0.0")
        world.pass(10)
        timeOut(world)
        #expect(world.pass(upTo: 60) { !$0.kinds("trigger.breached").isEmpty })
    }

    @Test func aTimeOutCountsInTheEndWithoutAnyProof() {
        let world = world()
        world.deploy("2.0.0")
        world.pass(10)
        timeOut(world)
        world.connectivity = nil
        #expect(world.pass(upTo: 60) { !$0.kinds("trigger.breached").isEmpty })
    }

    @Test func aRefusedConnectionIsAFactAboutTheTarget() {
        let world = world()
        world.deploy("2.0.0", passes: false)
        world.connectivity = nil
        #expect(world.pass(upTo: 20) { !$0.kinds("trigger.breached").isEmpty })
    }

    @Test func theHostIsPagedOnceAndToldWhenItIsOver() {
        let world = world()
        check(world, works: false)
        world.pass(50)
        #expect(world.messages.isEmpty)
        world.pass(300)
        #expect(world.pages == ["watchd: this host's own network fails"])
        check(world, works: true)
        #expect(world.messages.last?.message.kind == .resolve)
        #expect(world.messages.last?.message.dedupKey == world.messages.first?.message.dedupKey)
        #expect(world.engine.openBlindIncidents.isEmpty)
    }

    @Test func aShortFaultIsRecordedAndNotPaged() {
        let world = world()
        check(world, works: false)
        world.pass(20)
        check(world, works: true)
        world.pass(100)
        #expect(world.messages.isEmpty)
        #expect(world.kinds("own-network.failed").count == 1)
        #expect(world.kinds("own-network.works").count == 1)
    }

    @Test func aFaultGoesOnThroughACrash() {
        let world = world()
        check(world, works: false)
        world.pass(70)
        world.crash()
        world.pass(5)
        #expect(verdicts(world) == [.blind, .blind])
        check(world, works: true)
        #expect(world.pages.count == 1)
        #expect(world.messages.last?.message.kind == .resolve)
    }

    @Test func whatProbesProvedGoesOnThroughACrashUntilOneOfThemHearsSomebody() {
        let world = world(declared: false)
        timeOut(world)
        world.pass(40)
        #expect(world.kinds("own-network.failed").count == 1)
        // Of the two hosts one is asked first after a restart: that is no proof of anything.
        world.crash()
        world.pass(20)
        #expect(verdicts(world) == [.blind, .blind])
        #expect(world.kinds("own-network.works").isEmpty)
        #expect(world.kinds("trigger.breached").isEmpty)
        timeOut(world, [])
        world.pass(20)
        #expect(world.kinds("own-network.works").count == 1)
        #expect(verdicts(world) == [.healthy, .healthy])
    }

    @Test func aNetworkThatIsDeadWhenTheDaemonComesBackBeginsNoBreach() {
        let world = world(declared: false, failures: 1)
        world.deploy("2.0.0")
        world.pass(10)
        timeOut(world)
        // One of two hosts is asked first, and watchd has heard of no other yet.
        world.crash()
        world.pass(60)
        #expect(world.kinds("trigger.breached").isEmpty)
        #expect(verdicts(world) == [.blind, .blind])
        #expect(world.methodTasks.isEmpty)
    }

    @Test func aTargetThatHangsAfterAStartIsBlamedWhenAnotherHostAnswers() {
        let world = world(declared: false, failures: 1)
        world.deploy("2.0.0")
        world.pass(10)
        timeOut(world, ["a"])
        world.crash()
        #expect(
            world.pass(upTo: 5) {
                $0.engine.services["shop"]?.probes["a"]?.health.state == .failing
            })
    }

    @Test func whereNoneIsDeclaredEveryProbeOfTwoOtherHostsMustErrOrTimeOut() {
        let world = world(declared: false)
        world.deploy("2.0.0")
        world.pass(10)
        timeOut(world)
        world.pass(60)
        #expect(world.kinds("trigger.breached").isEmpty)
        #expect(verdicts(world) == [.blind, .blind])
        timeOut(world, [])
        world.pass(30)
        #expect(verdicts(world) == [.healthy, .healthy])
        #expect(world.methodTasks.isEmpty)
    }

    @Test func oneOtherHostThatTimesOutProvesNothing() {
        let world = world(declared: false, probes: ["a"])
        world.deploy("2.0.0")
        world.pass(10)
        timeOut(world, ["a"])
        #expect(world.pass(upTo: 30) { !$0.kinds("trigger.breached").isEmpty })
    }

    @Test func whileAnotherHostAnswersATimeOutIsTheTargets() {
        let world = world(declared: false, probes: ["a", "b", "c"])
        world.deploy("2.0.0")
        world.pass(10)
        timeOut(world, ["a", "b"])
        #expect(world.pass(upTo: 30) { !$0.kinds("trigger.breached").isEmpty })
    }
}
