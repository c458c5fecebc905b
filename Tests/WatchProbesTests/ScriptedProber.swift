import Synchronization
import WatchCore
import WatchProbes

/// Answers as told, and lets named probes hang until released.
final class ScriptedProber: Prober {
    private struct State {
        var released = false
        var asked: [String: Int] = [:]
        var hanging: [CheckedContinuation<Void, Never>] = []
        var watchers: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let hangs: Set<String>
    private let fails: Set<String>
    private let state = Mutex(State())

    init(hanging: Set<String> = [], failing: Set<String> = []) {
        hangs = hanging
        fails = failing
    }

    func asked(_ name: String) -> Int { state.withLock { $0.asked[name] ?? 0 } }

    func probe(_ configuration: ProbeConfiguration, isRecheck: Bool) async -> ProbeResult {
        let name = configuration.name
        state.withLock { $0.asked[name, default: 0] += 1 }
        if hangs.contains(name) { await hang() }
        return ProbeResult(
            started: .seconds(1), took: .zero,
            outcome: fails.contains(name) ? .fail("scripted") : .pass, isRecheck: isRecheck)
    }

    func read(_ source: VersionSource) async -> VersionReading {
        VersionReading(asked: .seconds(1), answer: .unavailable(source.label))
    }

    /// Lets everything that hangs, and all that would, go on.
    func release() {
        let hanging = state.withLock { state in
            state.released = true
            defer { state.hanging = [] }
            return state.hanging
        }
        for continuation in hanging { continuation.resume() }
    }

    func untilHanging(_ count: Int) async {
        await withCheckedContinuation { watcher in
            wake { $0.watchers.append((count, watcher)) }
        }
    }

    private func hang() async {
        await withCheckedContinuation { continuation in
            let mayGo = state.withLock { $0.released }
            if mayGo { return continuation.resume() }
            wake { $0.hanging.append(continuation) }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let ready: [CheckedContinuation<Void, Never>] = state.withLock { state in
            change(&state)
            let count = state.hanging.count
            defer { state.watchers.removeAll { $0.count <= count } }
            return state.watchers.filter { $0.count <= count }.map { $0.1 }
        }
        for continuation in ready { continuation.resume() }
    }
}
