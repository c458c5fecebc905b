// Which units this runner is running; one task at a time per unit.

import Synchronization

final class UnitTurns: Sendable {
    private let taken = Mutex<Set<String>>([])

    /// - Returns: false when another task has it.
    func take(_ unit: String) -> Bool { taken.withLock { $0.insert(unit).inserted } }

    func giveBack(_ unit: String) { taken.withLock { _ = $0.remove(unit) } }
}
