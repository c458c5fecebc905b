// What all transfers of one client share.

import CCurl
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
    let sessions = SessionCache<KeptSession>()
    let trust = TrustStores()
    let routes = KnownRoutes()
    /// Of connections that were kept, there still or not, by their local port.
    /// What libcurl was built to trust; nil: it is too old to say (7.84), and sees to it itself.
    let systemTrust = TransferTools.findSystemTrust()
    private var kept: [Int32: Kept] = [:]
    /// Transfers whose answer sent them elsewhere; the gate of names takes them up.
    var leaving: Set<UInt64> = []

    private struct Kept {
        let ends: Ends
        let socket: Int32
        /// For so many milliseconds its other side may leave unanswered that it got something.
        var patience: UInt32 = 0
    }

    init(userAgent: String, keptFor: Duration) {
        self.userAgent = userAgent
        self.keptFor = keptFor
    }

    private static func findSystemTrust() -> TrustStores.Place? {
        guard let easy = curl_easy_init() else { return nil }
        defer { curl_easy_cleanup(easy) }
        func text(_ info: CURLINFO) -> String? {
            var text: UnsafePointer<CChar>?
            guard watchd_easy_get_string(easy, info, &text) == CURLE_OK else { return nil }
            return text.map { String(cString: $0) }
        }
        return text(watchd_info_ca_file).map {
            TrustStores.Place(file: $0, directory: text(watchd_info_ca_path))
        }
    }

    func note(_ socket: Int32, of ends: Ends) {
        kept[ends.ownPort] = Kept(ends: ends, socket: socket)
    }

    /// What was last set of a kept connection with this port of ours; nil: there was none.
    func patience(at ownPort: Int32) -> UInt32? { kept[ownPort]?.patience }

    /// Sees to it that a connection that was kept does. Every one is noted when it is made, so what
    /// was once set of these ends still is. Nothing, if the connection is not known.
    func end(_ ends: Ends, withoutWordFor milliseconds: UInt32) {
        guard let known = kept[ends.ownPort], known.ends == ends, known.patience != milliseconds,
            ends.areThose(of: known.socket)
        else { return }
        var limit = milliseconds
        let code = setsockopt(
            known.socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &limit,
            socklen_t(MemoryLayout.size(ofValue: limit)))
        if code == 0 { kept[ends.ownPort]?.patience = milliseconds }
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
