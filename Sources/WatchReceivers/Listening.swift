// What listeners have in common: how many senders, and why one cannot listen.

import Glibc
import NIOCore
import Synchronization

/// How many there are. One address has a share only, so one sender cannot keep out the others.
final class ConnectionCount: Sendable {
    private struct State {
        var all = 0
        var shares: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int
    private let share: Int

    init(limit: Int, ofOne share: Int) {
        self.limit = limit
        self.share = share
    }

    /// Why this one does not count, for there are too many; nil: it does.
    /// - Parameter peer: its address; nil: it has none, and no share.
    func begin(_ peer: String?) -> String? {
        state.withLock { state in
            let one = peer.flatMap { state.shares[$0] } ?? 0
            if one >= share { return Self.tooMany(share, ofOne: true) }
            if state.all >= limit { return Self.tooMany(limit, ofOne: false) }
            state.all += 1
            if let peer { state.shares[peer] = one + 1 }
            return nil
        }
    }

    static func tooMany(_ limit: Int, ofOne: Bool) -> String {
        "\(limit) connections\(ofOne ? " of one address" : "")"
    }

    func end(_ peer: String?) {
        state.withLock { state in
            state.all -= 1
            guard let peer, let one = state.shares[peer] else { return }
            state.shares[peer] = one > 1 ? one - 1 : nil
        }
    }
}

enum ListenProblem {
    static func sentence(_ error: any Error, at place: String) -> String {
        if let refusal = error as? ListenRefusal { return refusal.text }
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

/// Why a listener cannot listen, as a sentence.
struct ListenRefusal: Error, Hashable {
    var text: String
}
