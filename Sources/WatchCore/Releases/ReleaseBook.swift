// The releases that ran, what is thought of them, and who follows whom. Durable.

struct ReleaseBook: Hashable, Sendable, Codable {
    /// Older ones are forgotten; the running one and the last known good never are.
    static let releaseLimit = 50
    static let deploymentLimit = 100

    private(set) var releases: [Release] = []
    private(set) var deployments: [Deployment] = []
    /// How often a breach began the bake of some release again; nil: never.
    private(set) var bakesBegun: Int?
    /// Known to be good from before the first deployment, the latest last; only replays say so.
    private var seeded: [ReleaseIdentity]?

    var running: Deployment? { deployments.last }

    /// By place, as all that is asked at every event: a look at an element copies all of it.
    private var runningPlace: Int? {
        deployments.indices.last.flatMap { index(of: deployments[$0].release) }
    }

    func isRunning(_ identity: ReleaseIdentity) -> Bool {
        deployments.indices.last.map { identity.matches(deployments[$0].release) } ?? false
    }

    /// The same of every field; nil: nothing runs.
    func isRunning(exactly identity: ReleaseIdentity?) -> Bool {
        guard let last = deployments.indices.last else { return identity == nil }
        return deployments[last].release == identity
    }

    func release(_ identity: ReleaseIdentity) -> Release? {
        index(of: identity).map { releases[$0] }
    }

    /// nil: no such release is known.
    func standing(of identity: ReleaseIdentity) -> Standing? {
        index(of: identity).map { releases[$0].standing }
    }

    func release(version: String) -> Release? {
        releases.filter { $0.identity.version == version }.max { $0.lastRan.boot < $1.lastRan.boot }
    }

    /// The `good` release that ran most recently before the running one.
    var lastKnownGood: Release? { lastKnownGoodPlace.map { releases[$0] } }

    /// The same of it alone, without a copy of the rest.
    var lastKnownGoodIdentity: ReleaseIdentity? { lastKnownGoodPlace.map { releases[$0].identity } }

    /// What runs, where a rollback has put it there.
    var rolledBackTo: ReleaseIdentity? {
        guard let last = deployments.indices.last, case .rollback = deployments[last].origin else {
            return nil
        }
        return deployments[last].release
    }

    private var lastKnownGoodPlace: Int? {
        guard !deployments.isEmpty else { return lastSeededPlace }
        guard let good = lastGoodDeployment else { return lastSeededPlace }
        return index(of: deployments[good].release)
    }

    /// The last one of the last known good release, where that was deployed.
    private var lastGoodDeployment: Int? {
        guard let last = deployments.indices.last else { return nil }
        for place in deployments.indices.dropLast().reversed() {
            if deployments[place].release.matches(deployments[last].release) { continue }
            if let index = index(of: deployments[place].release), releases[index].standing == .good
            {
                return place
            }
        }
        return nil
    }

    private var lastSeededPlace: Int? {
        for identity in (seeded ?? []).reversed() {
            if let running, identity.matches(running.release) { continue }
            if let index = index(of: identity), releases[index].standing == .good { return index }
        }
        return nil
    }

    /// Whether these are the running release and the last known good one, as far as there are any:
    /// asked at every second, and without a copy of either.
    func isAbout(_ identities: [ReleaseIdentity]) -> Bool {
        var next = identities.startIndex
        if let last = deployments.indices.last {
            guard next < identities.endIndex, deployments[last].release == identities[next] else {
                return false
            }
            next += 1
        }
        guard let good = lastKnownGoodPlace else { return next == identities.endIndex }
        return next + 1 == identities.endIndex && releases[good].identity == identities[next]
    }

    /// The `good` release that ran most recently, leaving out some.
    func lastGood(besides others: [ReleaseIdentity]) -> Release? {
        for deployment in deployments.reversed() {
            if others.contains(where: { $0.matches(deployment.release) }) { continue }
            if let release = release(deployment.release), release.standing == .good {
                return release
            }
        }
        return (seeded ?? []).reversed().lazy
            .filter { identity in !others.contains { $0.matches(identity) } }
            .compactMap { self.release($0) }.first { $0.standing == .good }
    }

    /// Releases that are good and ran before all that is known, the latest last.
    mutating func seed(knownGood: [ReleaseIdentity], at now: Moment) {
        seeded = knownGood.isEmpty ? nil : knownGood
        for identity in knownGood where release(identity) == nil {
            releases.append(
                Release(
                    identity: identity, standing: .good, standingReason: "said to be good",
                    lastRan: now))
        }
    }

    /// Releases in a row before the running one that were replaced before they were good. A
    /// release that was deployed again counts once.
    var replacedUnbaked: Int {
        var seen: [ReleaseIdentity] = []
        for deployment in deployments.dropLast().reversed() {
            let identity = deployment.release
            if running?.release.matches(identity) ?? false { continue }
            if seen.contains(where: { $0.matches(identity) }) { continue }
            guard release(identity)?.standing == .baking else { break }
            seen.append(identity)
        }
        return seen.count
    }

    /// Begins a deployment; the release is entered when it is new. `lastSeenBefore`: until then
    /// the release before was seen running.
    mutating func begin(
        _ deployment: Deployment, fields: [String: String], lastSeenBefore: Moment? = nil,
        now: Moment
    ) {
        touchRunning(now: lastSeenBefore ?? now)
        if let index = index(of: deployment.release) {
            releases[index].lastRan = now
            releases[index].identity = releases[index].identity.completed(by: deployment.release)
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
        let merged = deployments[last].release.completed(by: identity)
        if let index = index(of: merged) {
            releases[index].identity = releases[index].identity.completed(by: merged)
            releases[index].fields.merge(fields) { _, new in new }
        }
        deployments[last].release = merged
    }

    /// Captured fields of the running release; true when a new one is among them. Their values
    /// may change with each read (an instance's name): that alone is not worth a write.
    mutating func capture(_ fields: [String: String]) -> Bool {
        guard !fields.isEmpty, let running, let index = index(of: running.release) else {
            return false
        }
        let known = releases[index].fields.count
        releases[index].fields.merge(fields) { _, new in new }
        return releases[index].fields.count > known
    }

    /// The deployment that was read is now announced, too.
    mutating func announceRunning(by who: String) {
        guard let last = deployments.indices.last, case .read = deployments[last].origin else {
            return
        }
        deployments[last].origin = .announced(by: who)
        deployments[last].confirmed = deployments[last].confirmed ?? deployments[last].began
    }

    /// A source reads what had been announced.
    mutating func confirmRunning(at moment: Moment) {
        guard let last = deployments.indices.last else { return }
        deployments[last].confirmed = moment
    }

    /// What was read is the work of a rollback.
    mutating func creditRunning(toRollback id: String) {
        guard let last = deployments.indices.last else { return }
        deployments[last].origin = .rollback(id: id)
    }

    /// The running release is still seen.
    mutating func touchRunning(now: Moment) {
        guard let index = runningPlace, releases[index].lastRan.boot < now.boot
        else { return }
        releases[index].lastRan = now
    }

    /// What a checkpoint knows that is newer than the stored state.
    mutating func restoreLastRan(_ moment: Moment, of identity: ReleaseIdentity) {
        guard let index = index(of: identity), releases[index].lastRan.boot < moment.boot else {
            return
        }
        releases[index].lastRan = moment
    }

    /// More evidence for the running release; true when that made it good.
    mutating func bake(_ evidence: Duration, needed: Duration) -> Bool {
        guard let index = runningPlace, releases[index].standing == .baking else { return false }
        releases[index].baked += evidence
        guard releases[index].baked >= needed else { return false }
        releases[index].standing = .good
        releases[index].standingReason = "healthy for \(needed.text) of watched time"
        return true
    }

    /// A breach began: what an older checkpoint knows of the bake does not hold any more.
    mutating func beginBakeAgain() {
        bakesBegun = (bakesBegun ?? 0) + 1
        restartBake()
    }

    mutating func restartBake() {
        guard let index = runningPlace, releases[index].standing == .baking else { return }
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
        for index in deployments.indices {
            rebase(&deployments[index].began)
            if var confirmed = deployments[index].confirmed {
                rebase(&confirmed)
                deployments[index].confirmed = confirmed
            }
        }
    }

    private func index(of identity: ReleaseIdentity) -> Int? {
        // By place: a look at an element copies all of it.
        releases.indices.first { releases[$0].identity.matches(identity) }
    }

    private mutating func forget() {
        while deployments.count > Self.deploymentLimit {
            // By its last deployment the good one is known to have run last.
            let good = lastGoodDeployment
            guard let oldest = deployments.indices.first(where: { $0 != good }) else { break }
            deployments.remove(at: oldest)
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
