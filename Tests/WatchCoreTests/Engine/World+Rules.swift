// What tests of single rules need besides a whole story.

@testable import WatchCore

extension World {
    /// What a version source answers.
    static func says(
        _ version: String, _ commit: String? = nil, _ fields: [String: String] = [:]
    ) -> VersionReading.Answer {
        .version(version, commit: commit, fields: fields)
    }

    static let silent = VersionReading.Answer.unavailable("connection refused")

    /// A source that is asked every second.
    static func source(_ path: String = "/srv/shop/current", every: Double = 1) -> VersionSource {
        VersionSource(kind: .symlink(path: path), every: .seconds(every))
    }

    func announce(_ version: String, _ commit: String? = nil, fields: [String: String] = [:]) {
        command(
            .announce(
                service: "shop", release: ReleaseIdentity(version: version, commit: commit),
                fields: fields))
    }

    /// Whatever the source reads, one second each.
    func pass(reading versions: String...) {
        for version in versions {
            self.version = version
            pass(1)
        }
    }

    /// watchd stops and starts again, with what it had written down.
    func restart(sameBoot: Bool = true, off: Int = 0) {
        let checkpoint = engine.checkpoint(at: now)
        if sameBoot { suspend(off) } else { now.boot = .seconds(50) }
        if !sameBoot { now.wall = now.wall + .seconds(off) }
        engine = Engine(
            configuration: configuration, stored: stored, storedBootID: "a",
            bootID: sameBoot ? "a" : "b", now: now)
        engine.restore(checkpoint, isSameBoot: sameBoot, at: now)
        perform(engine.resume(at: now))
    }

    func standing(_ version: String) -> Standing? {
        state.book.release(version: version)?.standing
    }

    func verdict(_ trigger: String) -> VerdictName? {
        status?.triggers.first { $0.name == trigger }?.verdict
    }

    var runs: String? { state.book.running?.release.version }

    var deployments: [Deployment] { state.book.deployments }

    /// Why no breach would be acted on now.
    var suspicion: String? {
        guard let service = engine.services["shop"],
            let trigger = service.configuration.triggers.first
        else { return nil }
        let context = Context(
            now: now, configuration: SharedConfiguration(configuration), neighbours: Neighbours([]),
            storeProblem: nil,
            host: Shared(HostState()))
        return service.suspicionRefusal(trigger, context)?.reason.code
    }
}
