// libcurl's multi handle, as narrow as the loop needs it.

import CCurl
import Glibc

/// `@unchecked Sendable`: the handle is used by the loop's thread alone, but for `wakeUp`, which
/// libcurl allows from anywhere as long as the handle lives (the loop's lock sees to that).
// Safe: see above.
struct MultiHandle: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    /// Idle connections kept for requests that may reuse one: as many as one host's probes may
    /// have. One more would end the oldest, which is the very one that is asked over next.
    private static let idleConnections = 16_384

    /// curl_global_init(3) must have run once before anything else.
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_SSL)) == CURLE_OK

    init?() {
        guard Self.isReady, let handle = curl_multi_init() else { return nil }
        self.handle = handle
        watchd_multi_set_long(handle, CURLMOPT_MAXCONNECTS, Self.idleConnections)
        // One request at a time over a connection, also of HTTP/2: trouble is of one request.
        watchd_multi_set_long(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    }

    func wakeUp() { curl_multi_wakeup(handle) }

    func add(_ transfer: Transfer) -> Bool {
        curl_multi_add_handle(handle, transfer.easy) == CURLM_OK
    }

    func remove(_ transfer: Transfer) { curl_multi_remove_handle(handle, transfer.easy) }

    func perform() {
        var running: Int32 = 0
        curl_multi_perform(handle, &running)
    }

    /// - Parameter talks: wake for these too.
    func wait(milliseconds: Int32, for talks: [Conversation]) {
        var descriptors = talks.map {
            let events = $0.isSending ? CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT : CURL_WAIT_POLLIN
            return curl_waitfd(fd: $0.socket, events: Int16(events), revents: 0)
        }
        let code = curl_multi_poll(
            handle, &descriptors, UInt32(descriptors.count), milliseconds, nil)
        // An error here (no memory) would otherwise make the loop spin.
        if code != CURLM_OK { poll(nil, 0, 100) }
    }

    /// The next transfer that ended, and how.
    func nextFinished() -> (id: UInt64, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left)?.pointee {
            guard message.msg == CURLMSG_DONE, let easy = message.easy_handle else { continue }
            var context: UnsafeMutableRawPointer?
            watchd_easy_get_pointer(easy, CURLINFO_PRIVATE, &context)
            guard let context,
                let transfer = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
                    .transfer
            else { continue }
            return (transfer.order.id, message.data.result)
        }
        return nil
    }

    func close() { curl_multi_cleanup(handle) }
}
