// What listeners have in common: how many senders, and why one cannot listen.

import Glibc
import NIOCore
import Synchronization

final class ConnectionCount: Sendable {
    private let count = Mutex(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func begin() -> Bool {
        count.withLock { count in
            count += 1
            return count <= limit
        }
    }

    func end() { count.withLock { $0 -= 1 } }
}

enum ListenProblem {
    static func sentence(_ error: any Error, at place: String) -> String {
        let code = (error as? IOError)?.errnoCode
        switch code {
        case EADDRINUSE:
            return "another program, or another stream, listens at \(place); choose another place"
        case EACCES, EPERM:
            return "watchd may not listen at \(place); choose a port from 1024 on"
        case EADDRNOTAVAIL:
            return "\(place) is no address of this host; watchd tries again"
        default: return "watchd cannot listen at \(place) (\(error)); it tries again"
        }
    }
}
