// What all transfers of one client share.

import Glibc
import WatchCore

/// Lives on the loop's thread only, as the transfers.
final class TransferTools {
    /// What tells one connection from another; libcurl does not say which socket is whose.
    struct Ends: Hashable {
        let peer: String
        let port: Int32
        let ownPort: Int32
    }

    let userAgent: String
    /// No kept connection is older when a request begins to use it: so long it may hide that the
    /// name points elsewhere by now, or that nobody new is let in.
    let keptFor: Duration
    let handles = HandlePool()
    let sessions = SessionCache()
    let routes = KnownRoutes()
    /// Of connections that were kept, there still or not, by their local port.
    private var sockets: [Int32: (ends: Ends, socket: Int32)] = [:]

    init(userAgent: String, keptFor: Duration) {
        self.userAgent = userAgent
        self.keptFor = keptFor
    }

    func note(_ socket: Int32, of ends: Ends) { sockets[ends.ownPort] = (ends, socket) }

    /// Nil: it is not known, or somebody else's by now.
    func socket(of ends: Ends) -> Int32? {
        guard let known = sockets[ends.ownPort], known.ends == ends, ends.areThose(of: known.socket)
        else { return nil }
        return known.socket
    }
}

extension TransferTools.Ends {
    fileprivate func areThose(of socket: Int32) -> Bool {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout.size(ofValue: address))
        let isKnown = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        guard isKnown == 0 else { return false }
        // The port has the same place in both kinds of addresses.
        let port = withUnsafeBytes(of: &address) { $0.load(fromByteOffset: 2, as: UInt16.self) }
        return [AF_INET, AF_INET6].contains(Int32(address.ss_family))
            && Int32(UInt16(bigEndian: port)) == ownPort
    }
}
