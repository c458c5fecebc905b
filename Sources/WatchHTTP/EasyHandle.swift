// An easy handle and what it was set up for. Setting one up anew costs as much as half a request
// over a kept connection, and a probe asks the same again and again.

import CCurl

/// Lives on the loop's thread only. libcurl's callbacks get a pointer to it, which is good as long
/// as the transfer holds it.
final class EasyHandle {
    let easy: UnsafeMutableRawPointer
    /// Who uses it; nil: nobody.
    unowned(unsafe) var transfer: Transfer?
    /// What all options are set for; nil: none is set, or some that nobody else needs.
    private(set) var order: TransferLoop.Order?
    var key: Int { order?.prepared.key ?? 0 }
    let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private var address: OpaquePointer?

    init?() {
        guard let easy = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.easy = easy
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(easy)
        freeTexts()
        errorText.deallocate()
    }

    /// Begins to be used for what it is set up for.
    func begin(_ transfer: Transfer) {
        self.transfer = transfer
        errorText.pointee = 0
    }

    /// All options are set, and stay so.
    func isReady(for order: TransferLoop.Order) { self.order = order }

    /// What a handle remembers across a reset (curl_easy_reset(3)) is of no use to anybody here:
    /// sessions are kept in `SessionCache`, connections and names by the multi handle, cookies
    /// not at all.
    func reset() {
        curl_easy_reset(easy)
        freeTexts()
        order = nil
    }

    private func freeTexts() {
        for list in lists { curl_slist_free_all(list) }
        lists = []
        if let address { curl_url_cleanup(address) }
        address = nil
    }

    /// libcurl takes lists as they are; they live as long as the option.
    func set(_ option: CURLoption, _ lines: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            if let longer = curl_slist_append(list, line) { list = longer }
        }
        guard let list else { return }
        lists.append(list)
        watchd_easy_set_slist(easy, option, list)
    }

    /// Taken apart once: libcurl would do so for each request, and put it together again. One that
    /// cannot be is for libcurl to complain of.
    func set(url: String) {
        guard let parts = Self.parts(of: url) else { return setText(url) }
        address = parts
        watchd_easy_set_url(easy, parts)
    }

    /// Of a handle whose URL was taken apart.
    /// - Returns: false when this one cannot be, and all is as it was.
    func change(url: String) -> Bool {
        guard let before = address, let parts = Self.parts(of: url) else { return false }
        watchd_easy_set_url(easy, parts)
        address = parts
        curl_url_cleanup(before)
        return true
    }

    private static func parts(of url: String) -> OpaquePointer? {
        guard let parts = curl_url() else { return nil }
        let flags = UInt32(CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME)
        guard curl_url_set(parts, CURLUPART_URL, url, flags) == CURLUE_OK else {
            curl_url_cleanup(parts)
            return nil
        }
        return parts
    }

    private func setText(_ url: String) { watchd_easy_set_string(easy, CURLOPT_URL, url) }
}
