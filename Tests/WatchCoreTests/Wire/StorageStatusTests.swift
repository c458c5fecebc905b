// What people are told of the disk of the state directory.

import Testing

@testable import WatchCore

@Suite struct StorageStatusTests {
    private let directory = "/var/lib/watchd"

    private func report(_ services: [ServiceStatus] = []) -> StatusReport {
        StatusReport(
            time: .seconds(1_800_000_000),
            daemon: StatusReport.Daemon(
                version: "1", pid: 1, started: .seconds(1), configuration: "",
                stateDirectory: directory),
            armed: ArmStatus(armed: true, by: "", reason: ""), storeProblem: nil,
            services: services)
    }

    @Test func whatIsAsItShouldBeIsNotWorthAWord() {
        #expect(StorageStatus(free: 1 << 40).warnings(directory) == [])
        #expect(StorageStatus(free: nil).warnings(directory) == [])
    }

    @Test func eachTroubleIsToldWithANumberAndARemedy() {
        var storage = StorageStatus(free: 3 << 20, hasReserve: false)
        storage.checkpointProblem = "no space left on device"
        storage.checkpointsFailSince = .seconds(1_800_000_000)
        let warnings = storage.warnings(directory)
        #expect(warnings.count == 3)
        #expect(warnings[0].contains("only 3 MiB are free for /var/lib/watchd"))
        #expect(warnings[0].contains("df -h /var/lib/watchd"))
        #expect(warnings[1].contains("reserve of 1 MB"))
        #expect(warnings[2].contains("2027-01-15T08:00:00"), "\(warnings[2])")
        #expect(warnings[2].contains("no space left on device"))
    }

    /// Nothing was to be stored since it became full, so nobody has met it yet.
    @Test func aFullDiskIsTroubleBeforeTheNextIntent() throws {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(30)
        var full = report([try #require(world.status)])
        #expect(full.services[0].readiness.ready)
        full.note(StorageStatus(free: 4096, hasReserve: true))
        #expect(full.storeProblem == nil)
        full.note(StorageStatus(free: 4096, hasReserve: false))
        #expect(full.storeProblem?.contains("no space is left in /var/lib/watchd") ?? false)
        #expect(!full.services[0].readiness.ready)
        #expect(full.services[0].readiness.reason == "store-unavailable")
        #expect(full.services[0].readiness.plans?.contains { $0.works } == false)
    }
}
