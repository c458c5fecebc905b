// A jar of cookies for several requests: libcurl keeps it (RFC 6265, also over redirects), and
// gives it out as lines of text, so that nothing is shared between handles. Its own bounds hold: 50
// new cookies an answer, 8 KB sent.

import CCurl

extension Transfer {
    func setCookies() {
        guard let cookies = request.cookies else { return }
        // No file: that only begins the jar.
        watchd_easy_set_string(easy, CURLOPT_COOKIEFILE, "")
        for line in cookies { watchd_easy_set_string(easy, CURLOPT_COOKIELIST, line) }
    }

    var cookies: [String]? {
        guard request.cookies != nil else { return nil }
        var list: UnsafeMutablePointer<curl_slist>?
        watchd_easy_get_slist(easy, CURLINFO_COOKIELIST, &list)
        defer { curl_slist_free_all(list) }
        var lines: [String] = []
        var next = list
        while let item = next {
            if let text = item.pointee.data { lines.append(String(cString: text)) }
            next = item.pointee.next
        }
        return lines
    }
}
