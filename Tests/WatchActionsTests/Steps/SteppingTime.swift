// A clock that goes on only when somebody waits, and then at once.

import Synchronization
import WatchCore
import WatchSystem

@testable import WatchActions

final class SteppingTime: TimeSource, Sleeper {
    private let began = SystemTime().now()
    private let waits = Mutex<[Duration]>([])

    /// How long was waited for, in order.
    var pauses: [Duration] { waits.withLock { $0 } }

    func now() -> Moment {
        let passed = pauses.reduce(Duration.zero, +)
        return Moment(boot: began.boot + passed, wall: began.wall + passed)
    }

    func sleep(for duration: Duration) async {
        waits.withLock { $0.append(duration) }
        // Whoever asks in a circle lets others have a turn.
        await Task.yield()
    }
}
