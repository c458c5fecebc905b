// The daemon's own tasks, so that they can be ended in order.

import Synchronization

final class TaskBag: Sendable {
    enum Kind: Hashable, Sendable {
        case supervisor, performer, others
    }

    private let tasks = Mutex<[Kind: [Task<Void, Never>]]>([:])

    func add(_ kind: Kind, _ task: Task<Void, Never>) {
        tasks.withLock { $0[kind, default: []].append(task) }
    }

    func cancel(_ kind: Kind) async {
        let tasks = tasks.withLock { $0.removeValue(forKey: kind) ?? [] }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Waits for tasks that end by themselves.
    func finish(_ kind: Kind) async {
        let tasks = tasks.withLock { $0.removeValue(forKey: kind) ?? [] }
        for task in tasks { await task.value }
    }
}
