// Who is at the other end, as the kernel noted it when the connection was made.

import Glibc
import NIOCore
import WatchSystem

/// `struct ucred` of unix(7), which Glibc hides from Swift.
struct PeerCredentials: Sendable, Hashable {
    var pid: Int32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0

    /// Asks the kernel (`SO_PEERCRED`); fails for anything but a Unix socket.
    static func of(_ channel: any Channel) async throws -> PeerCredentials {
        guard let options = channel as? any SocketOptionProvider else {
            throw SystemError("SO_PEERCRED", code: ENOTSOCK)
        }
        return try await options.unsafeGetSocketOption(
            level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED)
        ).get()
    }
}
