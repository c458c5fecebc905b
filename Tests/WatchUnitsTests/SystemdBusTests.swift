// The live bus. Where no systemd runs (a container, a build machine) only its absence can be
// tested; with WATCHD_TEST_SYSTEMD=1 in a booted system, as root, the rest is.

import Glibc
import Testing
import WatchUnits

private let isBooted = getenv("WATCHD_TEST_SYSTEMD") != nil

@Suite(.serialized)
struct SystemdBusTests {
    @Test(.enabled(if: !isBooted)) func withoutABusEveryQuestionSaysSo() async {
        let bus = SystemdBus()
        await #expect(throws: UnitBusError.self) { try await bus.status("no-such.service") }
        await #expect(throws: UnitBusError.self) { try await bus.start("no-such.service") }
        await #expect(throws: UnitBusError.self) { try await bus.stop("no-such.service") }
        await bus.change(of: "no-such.service")
    }

    @Test(.enabled(if: isBooted)) func unknownUnitsAreToldApart() async throws {
        let bus = SystemdBus()
        #expect(try await bus.status("no-such-unit.service").loadState == "not-found")
        await #expect(throws: UnitBusError.self) { try await bus.start("no-such-unit.service") }
        do throws(UnitBusError) {
            _ = try await bus.start("no-such-unit.service")
        } catch {
            guard case .noSuchUnit = error else {
                Issue.record("\(error)")
                return
            }
        }
        let journal = try await bus.status("systemd-journald.service")
        #expect(journal.activeState == "active")
        #expect(journal.invocationID.count == 32)
        #expect(!journal.isIdle)
    }

    @Test(.enabled(if: isBooted)) func aRestartedBusIsFoundAgain() async throws {
        let bus = SystemdBus()
        let before = try await bus.status("dbus.service").invocationID
        // A oneshot that restarts the bus from outside of it.
        _ = try? await bus.start("dbus-restart-for-test.service")
        var after: String?
        for _ in 0..<60 where after == nil || after == before {
            after = try? await bus.status("dbus.service").invocationID
            await bus.change(of: "dbus.service")
        }
        #expect(after != nil && after != before)
    }
}
