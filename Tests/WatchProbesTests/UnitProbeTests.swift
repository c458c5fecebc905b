// The probe kind `unit`, against a bus that says what the test wants. The real systemd is asked
// by Tests/system.

import Synchronization
import Testing
import WatchCore
import WatchHTTP
import WatchProbes
import WatchUnits

/// Knows the properties of some units, and nothing else may be asked of it.
private final class Units: UnitBus, Sendable {
    private let answers: Mutex<[String: Result<UnitStatus, UnitBusError>]>

    init(_ answers: [String: Result<UnitStatus, UnitBusError>]) { self.answers = Mutex(answers) }

    func set(_ unit: String, _ status: UnitStatus) {
        answers.withLock { $0[unit] = .success(status) }
    }

    func status(_ unit: String) async throws(UnitBusError) -> UnitStatus {
        guard let answer = answers.withLock({ $0[unit] }) else {
            return UnitStatus(loadState: "not-found")
        }
        return try answer.get()
    }

    func start(_ unit: String) async throws(UnitBusError) -> String? {
        Issue.record("a probe started \(unit)")
        return nil
    }

    func stop(_ unit: String) async throws(UnitBusError) { Issue.record("a probe stopped \(unit)") }

    func change(of unit: String) async {}
}

/// Never answers.
private struct Deaf: UnitBus {
    func status(_ unit: String) async throws(UnitBusError) -> UnitStatus {
        let forever = AsyncStream<Void> { _ in }
        for await _ in forever {}
        throw .lost("nobody waits for this")
    }
    func start(_ unit: String) async throws(UnitBusError) -> String? { nil }
    func stop(_ unit: String) async throws(UnitBusError) {}
    func change(of unit: String) async {}
}

@Suite struct UnitProbeTests {
    private func status(
        _ active: String, _ sub: String = "", result: String = "success", code: Int = 0,
        exit: Int = 0, restarts: Int? = nil, load: String = "loaded"
    ) -> UnitStatus {
        var status = UnitStatus(
            loadState: load, activeState: active, invocationID: "a", result: result, mainCode: code,
            mainStatus: exit)
        status.subState = sub
        status.restarts = restarts
        return status
    }

    private func ask(
        _ bus: any UnitBus, _ unit: String = "shop.service", time: any Sleeper = SystemSleeper(),
        _ change: (inout UnitCheck) -> Void = { _ in }
    ) async -> ProbeResult {
        await ask(prober(bus, time), unit, change)
    }

    private func prober(_ bus: any UnitBus, _ time: any Sleeper) -> LiveProber {
        LiveProber(client: HTTPClient(), secrets: Secrets(), bus: bus, time: time)
    }

    private func ask(
        _ prober: LiveProber, _ unit: String = "shop.service",
        _ change: (inout UnitCheck) -> Void = { _ in }
    ) async -> ProbeResult {
        var check = UnitCheck(unit)
        change(&check)
        return await prober.probe(
            ProbeConfiguration(name: "unit", every: .seconds(10), kind: .unit(check)))
    }

    private func probe(
        _ status: UnitStatus, _ change: (inout UnitCheck) -> Void = { _ in }
    ) async -> ProbeResult {
        await ask(prober(Units(["shop.service": .success(status)]), SystemSleeper())) {
            change(&$0)
        }
    }

    @Test func anActiveUnitPassesAndTellsItsRestarts() async {
        let result = await probe(status("active", "running", restarts: 3))
        #expect(result.outcome == .pass)
        #expect(result.restarts == 3)
        #expect(await probe(status("reloading")).outcome == .pass)
    }

    @Test func aUnitThatIsDownFailsAndSaysHowItEnded() async {
        #expect(
            await probe(
                status("failed", "failed", result: "exit-code", code: 1, exit: 3, restarts: 5)
            ).outcome == .fail("shop.service failed (exit-code: exit status 3, restarted 5×)"))
        #expect(
            await probe(status("inactive", "dead", result: "oom-kill", code: 2, exit: 9)).outcome
                == .fail("shop.service does not run (oom-kill: killed by signal 9)"))
        #expect(
            await probe(status("activating", "start-pre")).outcome
                == .fail("shop.service is activating (start-pre)"))
        #expect(
            await probe(status("inactive", load: "masked")).outcome
                == .fail(
                    "shop.service cannot be run: its load state is 'masked'; see systemctl status"))
    }

    /// Between two runs systemd calls it `activating`, and so would a boot be.
    @Test func aUnitInACrashLoopFails() async {
        #expect(
            await probe(
                status(
                    "activating", "auto-restart", result: "signal", code: 3, exit: 11, restarts: 2)
            ).outcome
                == .fail(
                    "shop.service ended and waits to be started again (signal: signal 11, core "
                        + "dumped, restarted 2×)"))
    }

    @Test func otherStatesCanBeWanted() async {
        #expect(
            await probe(status("inactive", "dead"), { $0.states = [.inactive] }).outcome == .pass)
        #expect(
            await probe(status("active", "running"), { $0.states = [.inactive] }).outcome
                == .fail("shop.service is active (running), expected inactive"))
    }

    @Test func aMissingUnitAndAMissingBusAreOurs() async {
        let bus = Units(["x.service": .failure(.unreachable("no such file"))])
        #expect(
            await ask(bus, "gone.service").outcome
                == .error(
                    "there is no unit gone.service on this host; correct its name, or install it"))
        #expect(
            await ask(bus, "x.service").outcome
                == .error(
                    "the system bus cannot be reached (no such file); is this host run by systemd?")
        )
    }

    @Test func aBusThatHangsDelaysNobody() async {
        let time = ManualTime()
        async let result = ask(Deaf(), time: time)
        await time.untilSleeping(1)
        time.advance(by: .seconds(5))
        #expect(
            await result.outcome
                == .error("systemd did not answer within 5s; is it busy? see systemctl status"))
    }

    @Test func memoryIsJudgedWhereItIsCounted() async {
        var status = status("active", "running")
        func wanted(_ check: inout UnitCheck) { check.memoryBelow = 1_073_741_824 }
        #expect(
            await probe(status, wanted).outcome
                == .error(
                    "systemd does not count the memory of shop.service; set "
                        + "MemoryAccounting=yes in its unit file, or remove the bound if this "
                        + "host's control groups cannot"))
        status.memory = 1_000_000_000
        #expect(await probe(status, wanted).outcome == .pass)
        status.memory = 1_610_612_736
        #expect(
            await probe(status, wanted).outcome
                == .fail("shop.service uses 1.5 GiB of memory, expected < 1 GiB"))
    }

    /// Processor time is a counter: it says something from the second look on, and only of the
    /// same run of the unit.
    @Test func processorTimeIsASharePerCoreBetweenTwoLooks() async {
        let units = Units([:])
        let time = ManualTime()
        let prober = prober(units, time)
        func look(_ nanoseconds: UInt64, invocation: String = "a") async -> ProbeResult.Outcome {
            var status = status("active", "running")
            status.invocationID = invocation
            status.cpuNanoseconds = nanoseconds
            units.set("shop.service", status)
            return await ask(prober) { $0.cpuBelow = 0.9 }.outcome
        }
        #expect(await look(5_000_000_000) == .pass)
        time.advance(by: .seconds(10))
        #expect(await look(10_000_000_000) == .pass)
        time.advance(by: .seconds(10))
        #expect(
            await look(25_000_000_000)
                == .fail("shop.service uses 150 % of a core, expected < 90 %"))
        time.advance(by: .seconds(10))
        #expect(await look(99_000_000_000, invocation: "b") == .pass)
        // A look by hand between two of the schedule: what the kernel adds up in steps of several
        // milliseconds would be five cores of so short a time.
        time.advance(by: .milliseconds(20))
        #expect(await look(99_100_000_000, invocation: "b") == .pass)
        time.advance(by: .milliseconds(9980))
        #expect(await look(104_000_000_000, invocation: "b") == .pass)
        time.advance(by: .seconds(10))
        #expect(await look(119_000_000_000, invocation: "b") != .pass)
    }
}
