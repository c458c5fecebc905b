// Addresses to which there was a way a moment ago. Asking the kernel costs three calls for each
// connection, and a way that goes within the moment is told by the connection itself, only that an
// address tried after it may hide it.

import WatchCore
import WatchSystem

/// Lives on the loop's thread only.
final class KnownRoutes {
    static let moment = Duration.seconds(10)
    static let limit = 16_384

    private var noted: [[UInt8]: Instant] = [:]
    private let time: any TimeSource

    init(time: any TimeSource = SystemTime()) { self.time = time }

    /// - Parameter address: a `sockaddr`.
    func isKnown(_ address: [UInt8]) -> Bool {
        guard let since = noted[address] else { return false }
        return time.now().boot - since < Self.moment
    }

    func note(_ address: [UInt8]) {
        let now = time.now().boot
        if noted.count >= Self.limit { noted = noted.filter { now - $0.value < Self.moment } }
        if noted.count < Self.limit || noted[address] != nil { noted[address] = now }
    }
}
