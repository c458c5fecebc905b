// What the libcurl that runs here cannot do, so that a person hears of it before it matters.

import CCurl

public enum HTTPLibrary {
    /// Sentences for the log and for `doctor`; empty where all is well.
    public static var shortcomings: [String] {
        shortcomings(version: watchd_curl_version(), features: watchd_curl_features())
    }

    /// What this library can decode and is worth it.
    static let encodings =
        watchd_curl_features() & CURL_VERSION_BROTLI != 0 ? "gzip, deflate, br" : "gzip, deflate"

    static func shortcomings(version: UInt32, features: Int32) -> [String] {
        let name = "libcurl \(version >> 16).\(version >> 8 & 0xFF).\(version & 0xFF)"
        if features & CURL_VERSION_ASYNCHDNS == 0 {
            return [
                "\(name) looks names up without a thread of its own: while one name is looked up, "
                    + "all requests wait; install a libcurl with AsynchDNS"
            ]
        }
        // CURLOPT_QUICK_EXIT, see `Transfer`.
        if version < 0x075700 {
            return [
                "\(name) waits for the resolver when a look-up times out: a dead resolver delays "
                    + "all requests; use 7.87 or later, or run a caching resolver on this host"
            ]
        }
        return []
    }
}
