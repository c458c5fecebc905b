// The truth of one service: which release runs, how bad it is, what its log and its probes say of
// it, and how its version sources lie. The engine never sees this, only what comes of it.

import WatchCore

/// A release as it really is.
struct ReleaseTruth {
    var version: String
    var commit: String?
    /// Of its requests, in percent.
    var errors = 0
    var isSlow = false
    /// It dies at boot: probes are refused.
    var crashes = false
    /// It is bad in every other of so many seconds; 0: it does not flap.
    var flaps = 0
    /// The rollback whose method made it.
    var madeBy: String?

    var isBad: Bool { errors > 20 || crashes }
}

/// How a version source answers.
enum SourceManner {
    case honest
    /// Behind a cache: what ran so many nanoseconds ago.
    case cached(Int64)
    /// It has named this version for ever.
    case stuck(String)
    case down
    case flaky
}

/// A migration under way, as whoever runs it knows it.
struct OperationTruth {
    var lease: Int64
    var nextBeat: Int64
    /// What it is going to say that it has reached, with when.
    var phases: [(name: String, at: Int64)]
    var ends: Int64
    var status: Int
    /// Its guard is killed then: nothing is heard any more.
    var dies: Int64
}

/// How a log is read.
enum StreamManner: Equatable {
    case reading, stalled, unparsed, dropping, unreadable, early
    /// Lines come so many seconds late.
    case lagging(Int)
    /// In the wrong order, and each second in two parts; or all of it twice.
    case jumbled, repeating
}

final class ServiceWorld {
    let name: String
    let configuration: ServiceConfiguration
    private(set) var releases: [ReleaseTruth] = []
    /// Index of what runs, and of what ran before it.
    private(set) var running = 0
    private(set) var previous = 0
    private(set) var runningSince: Int64 = 0
    /// Until then both answer in turn.
    var mixedUntil: Int64 = 0
    /// The last change was made by a rollback's step.
    private(set) var isByRollback = false
    /// A database, a network: bad under whatever release, until then.
    var troubleUntil: Int64 = 0
    /// The connection of probes breaks off here, on our side, until then.
    var blindUntil: Int64 = 0
    var streams: [StreamManner]
    var sources: [SourceManner]
    var nextProbe: [Int64]
    var nextRead: [Int64]
    var requestsPerSecond = 24
    /// Some rule asks how long things take: else no log and no probe says so.
    let saysLatencies: Bool
    /// What somebody runs under guard.
    var operation: OperationTruth?
    private let hosts: [(probe: String, name: String)]
    private var nextVersion = 1

    init(
        _ configuration: ServiceConfiguration, _ rules: [String: Rule], _ random: inout Random
    ) {
        name = configuration.name
        saysLatencies = rules.values.contains { $0.asksOfLatencies }
        self.configuration = configuration
        hosts = configuration.probes.map {
            ($0.name, "\($0.name).\(configuration.name).example.com")
        }
        streams = configuration.streams.map { _ in .reading }
        sources = configuration.version.map { _ in .honest }
        nextProbe = configuration.probes.map { _ in 0 }
        nextRead = configuration.version.map { _ in 0 }
        releases.append(ReleaseTruth(version: "1.0", commit: random.chance(50) ? "c0" : nil))
        if random.chance(5) { releases[0].errors = 60 }
        requestsPerSecond = random.pick([24, 24, 24, 24, 2, 0])
    }

    var truth: ReleaseTruth { releases[running] }

    /// Whom a probe asks.
    func host(of probe: String) -> String? { hosts.first { $0.probe == probe }?.name }

    /// A new release takes over, some time good, often bad.
    func deployNew(_ random: inout Random, at time: Int64, healthy: Bool = false) {
        nextVersion += 1
        var release = ReleaseTruth(
            version: "\(nextVersion).0", commit: random.chance(50) ? "c\(nextVersion)" : nil)
        if !healthy {
            switch random.below(10) {
            case 0...2: release.errors = random.between(30, 100)
            case 3: release.crashes = true
            case 4: release.isSlow = true
            case 5:
                release.errors = 60
                release.flaps = random.between(3, 30)
            default: break
            }
        }
        releases.append(release)
        switchTo(releases.count - 1, at: time, byRollback: false)
        if random.chance(20) { mixedUntil = time + random.nanoseconds(upTo: 30) }
    }

    /// An older release comes back, by whatever hands.
    func redeploy(_ version: String, at time: Int64, byRollback: Bool) {
        if let index = releases.lastIndex(where: { $0.version == version }) {
            switchTo(index, at: time, byRollback: byRollback)
        } else {
            releases.append(ReleaseTruth(version: version))
            switchTo(releases.count - 1, at: time, byRollback: byRollback)
        }
    }

    /// An older release comes back under a name of its own.
    func make(from version: String, by rollback: String, at time: Int64) {
        nextVersion += 1
        var release =
            releases.last { $0.version == version } ?? ReleaseTruth(version: version)
        release.version = "\(nextVersion).0"
        release.commit = nil
        release.madeBy = rollback
        releases.append(release)
        switchTo(releases.count - 1, at: time, byRollback: true)
    }

    private func switchTo(_ index: Int, at time: Int64, byRollback: Bool) {
        mixedUntil = 0
        isByRollback = byRollback
        if index != running { previous = running }
        running = index
        runningSince = time
    }

    /// Everything is well again from here on.
    func heal() {
        for index in releases.indices {
            releases[index].errors = 0
            releases[index].isSlow = false
            releases[index].crashes = false
            releases[index].flaps = 0
        }
        mixedUntil = 0
        troubleUntil = 0
        blindUntil = 0
        streams = streams.map { _ in .reading }
        sources = sources.map { _ in .honest }
        requestsPerSecond = 24
    }

    // MARK: - What can be seen

    /// The release that answers the next request.
    /// By place: a release is long to copy, and this is asked at every event.
    func answering(_ random: inout Random, at time: Int64) -> Int {
        time < mixedUntil && random.chance(50) ? previous : running
    }

    func isSlow(_ release: Int) -> Bool { releases[release].isSlow }

    func errorShare(of release: Int, at time: Int64) -> Int {
        let errors = releases[release].errors
        if time < troubleUntil { return Swift.max(errors, 70) }
        if releases[release].crashes { return 90 }
        let flaps = Int64(releases[release].flaps)
        guard flaps > 0 else { return errors }
        return time / Clock.second / flaps % 2 == 0 ? errors : 0
    }

    func answer(
        of source: Int, asked: Int64, _ random: inout Random
    ) -> VersionReading.Answer {
        let release: Int
        switch sources[source] {
        case .honest: release = answering(&random, at: asked)
        case .cached(let age):
            release = asked - age < runningSince ? previous : running
        case .stuck(let version):
            return .version(version, commit: nil, fields: [:])
        case .down: return .unavailable("no answer")
        case .flaky:
            if random.chance(50) { return .unavailable("no answer") }
            release = answering(&random, at: asked)
        }
        // A release that dies at boot names no version where the application is asked for it.
        if source > 0, releases[release].crashes { return .unavailable("connection refused") }
        return .version(
            releases[release].version,
            commit: random.chance(70) ? releases[release].commit : nil, fields: [:])
    }

    func probe(_ random: inout Random, at time: Int64) -> ProbeResult.Outcome {
        if time < blindUntil { return .error("network is unreachable") }
        let release = answering(&random, at: time)
        if releases[release].crashes { return .fail("connection refused") }
        let share = errorShare(of: release, at: time)
        return random.chance(share) ? .fail("status 502") : .pass
    }
}
