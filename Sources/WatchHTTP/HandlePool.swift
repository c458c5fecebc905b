// Easy handles of requests that are done, for those to come: cleaning one is cheaper than making
// one. What a handle remembers across a reset (curl_easy_reset(3)) is of no use to anybody here:
// sessions are kept in `SessionCache`, connections and names by the multi handle, cookies not at
// all.

import CCurl

/// Lives on the loop's thread only, as those that take from it.
final class HandlePool {
    static let limit = 64

    private var idle: [UnsafeMutableRawPointer] = []

    deinit { for easy in idle { curl_easy_cleanup(easy) } }

    /// One in which nothing is set; nil: no memory.
    func take() -> UnsafeMutableRawPointer? { idle.popLast() ?? curl_easy_init() }

    /// - Parameter easy: belongs to no multi handle any more.
    func giveBack(_ easy: UnsafeMutableRawPointer) {
        guard idle.count < Self.limit else { return curl_easy_cleanup(easy) }
        curl_easy_reset(easy)
        idle.append(easy)
    }
}
