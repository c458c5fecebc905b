// The releases that ran, what is thought of them, and who follows whom. Durable.

struct ReleaseBook: Hashable, Sendable, Codable {
    /// Older ones are forgotten; the running one and the last known good never are.
    static let releaseLimit = 50
    static let deploymentLimit = 100

    private(set) var releases: [Release] = []
    private(set) var deployments: [Deployment] = []

    var running: Deployment? { deployments.last }

    func release(_ identity: ReleaseIdentity) -> Release? {
        releases.first { $0.identity.matches(identity) }
    }

    func release(version: String) -> Release? {
        releases.filter { $0.identity.version == version }.max { $0.lastRan.boot < $1.lastRan.boot }
    }

    /// The `good` release that ran most recently before the running one.
    var lastKnownGood: Release? {
        for deployment in deployments.dropLast().reversed() {
            if let running, deployment.release.matches(running.release) { continue }
            if let release = release(deployment.release), release.standing == .good {
                return release
            }
        }
        return nil
    }

    /// The `good` release that ran most recently, leaving out some.
    func lastGood(besides others: [ReleaseIdentity]) -> Release? {
        for deployment in deployments.reversed() {
            if others.contains(where: { $0.matches(deployment.release) }) { continue }
            if let release = release(deployment.release), release.standing == .good {
                return release
            }
        }
        return nil
    }

    /// Releases in a row, the latest last, that were replaced before they were good.
    var replacedUnbaked: Int {
        var count = 0
        for deployment in deployments.dropLast().reversed() {
            guard release(deployment.release)?.standing == .baking else { break }
            count += 1
        }
        return count
    }

    /// Begins a deployment; the release is entered when it is new.
    mutating func begin(_ deployment: Deployment, fields: [String: String], now: Moment) {
        touchRunning(now: now)
        if let index = index(of: deployment.release) {
            releases[index].lastRan = now
            releases[index].identity = merge(releases[index].identity, deployment.release)
            releases[index].fields.merge(fields) { _, new in new }
        } else {
            releases.append(
                Release(identity: deployment.release, lastRan: now, fields: fields))
        }
        deployments.append(deployment)
        forget()
    }

    /// The same release, known more exactly.
    mutating func complete(with identity: ReleaseIdentity, fields: [String: String]) {
        guard let last = deployments.indices.last,
            deployments[last].release.matches(identity)
        else { return }
        let merged = merge(deployments[last].release, identity)
        if let index = index(of: merged) {
            releases[index].identity = merge(releases[index].identity, merged)
            releases[index].fields.merge(fields) { _, new in new }
        }
        deployments[last].release = merged
    }

    /// The running release is still seen.
    mutating func touchRunning(now: Moment) {
        guard let running, let index = index(of: running.release) else { return }
        releases[index].lastRan = now
    }

    /// More evidence for the running release; true when that made it good.
    mutating func bake(_ evidence: Duration, needed: Duration) -> Bool {
        guard let running, let index = index(of: running.release),
            releases[index].standing == .baking
        else { return false }
        releases[index].baked += evidence
        guard releases[index].baked >= needed else { return false }
        releases[index].standing = .good
        releases[index].standingReason = "healthy for \(needed.text) of watched time"
        return true
    }

    mutating func restartBake() {
        guard let running, let index = index(of: running.release),
            releases[index].standing == .baking
        else { return }
        releases[index].baked = .zero
    }

    /// False when no such release is known.
    @discardableResult
    mutating func mark(
        _ identity: ReleaseIdentity, _ standing: Standing, reason: String
    ) -> Bool {
        guard let index = index(of: identity) else { return false }
        releases[index].standing = standing
        releases[index].standingReason = reason
        if standing == .baking { releases[index].baked = .zero }
        return true
    }

    /// Bake progress from a checkpoint that is newer than the stored state.
    mutating func restoreBaked(_ baked: Duration, of identity: ReleaseIdentity) {
        guard let index = index(of: identity), releases[index].standing == .baking else { return }
        releases[index].baked = Swift.max(releases[index].baked, baked)
    }

    /// Moves every instant into another boot (see `Rebase`).
    mutating func rebase(_ rebase: Rebase) {
        for index in releases.indices { rebase(&releases[index].lastRan) }
        for index in deployments.indices { rebase(&deployments[index].began) }
    }

    private func index(of identity: ReleaseIdentity) -> Int? {
        releases.firstIndex { $0.identity.matches(identity) }
    }

    private func merge(_ a: ReleaseIdentity, _ b: ReleaseIdentity) -> ReleaseIdentity {
        ReleaseIdentity(version: a.version, commit: a.commit ?? b.commit)
    }

    private mutating func forget() {
        if deployments.count > Self.deploymentLimit {
            deployments.removeFirst(deployments.count - Self.deploymentLimit)
        }
        guard releases.count > Self.releaseLimit else { return }
        let keep = [running?.release, lastKnownGood?.identity].compactMap { $0 }
        func isKept(_ release: Release) -> Bool { keep.contains { $0.matches(release.identity) } }
        // What is bad is remembered longest.
        if let index = releases.firstIndex(where: { $0.standing != .bad && !isKept($0) })
            ?? releases.firstIndex(where: { !isKept($0) })
        {
            releases.remove(at: index)
        }
    }
}

/// Moves stored instants into the boot that runs now: instants of the same boot stand; of another
/// boot, the wall time tells how long ago they were, and when that went backwards, "just now".
struct Rebase: Hashable, Sendable {
    let now: Moment
    let isSameBoot: Bool

    func callAsFunction(_ moment: inout Moment) {
        guard !isSameBoot else { return }
        let elapsed = Swift.max(.zero, now.wall - moment.wall)
        moment.boot = now.boot - elapsed
    }

    func callAsFunction(_ moment: inout Moment?) {
        guard var value = moment else { return }
        self(&value)
        moment = value
    }
}
