// How long to wait between tries: 1 s doubling to 5 minutes, spread by a quarter so that messages
// that failed together do not come back together. No randomness: the spread is the message's own.

import WatchCore

enum Backoff {
    static let first = Duration.seconds(1)
    static let longest = Duration.minutes(5)

    /// - Parameter attempt: tries so far, from 1.
    static func delay(afterAttempt attempt: Int, of id: String) -> Duration {
        let doubled = first.seconds * Double(1 << min(max(attempt, 1) - 1, 20))
        // FNV-1a over the id and the attempt.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array("\(id)#\(attempt)".utf8) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let spread = Double(hash >> 11) / Double(1 << 53) * 0.25
        let seconds = min(doubled * (1 + spread), longest.seconds)
        return .nanoseconds(Int64(seconds * 1e9))
    }
}
