// The authorities that are trusted, read once as long as their file stays the same. libcurl reads
// them for each connection: 20 ms of the one thread for a system's bundle, which libcurl 7.87 and
// later would keep, but not where there is a directory beside it, as Debian has.

import CTLS

/// Lives on the loop's thread only.
final class TrustStores {
    struct Place: Hashable {
        /// A PEM file.
        let file: String
        /// Of certificates that are named after their subject's hash; looked into when needed.
        let directory: String?

        /// The directory of a place, if that has one, else one in which nothing can be found: that
        /// of the file's name. Two places differ in it. OpenSSL takes several, with colons between.
        var mark: String {
            directory ?? file.replacing("%", with: "%25").replacing(":", with: "%3A")
        }
    }

    /// What tells that a file is the one that was read.
    private static func mark(_ path: String) -> [Int64]? {
        var mark = [Int64](repeating: 0, count: 7)
        return watchd_tls_file(path, &mark) == 1 ? mark : nil
    }

    private struct Entry {
        let mark: [Int64]
        let store: OpaquePointer
    }

    /// Each file of the configuration, which are few; a system's bundle takes a megabyte.
    static let limit = 64

    private var entries: [Place: Entry] = [:]

    deinit { for entry in entries.values { X509_STORE_free(entry.store) } }

    /// An `X509_STORE`, which stays ours; nil: the file cannot be read, or holds no certificate.
    func store(_ place: Place) -> OpaquePointer? {
        guard let mark = Self.mark(place.file) else { return nil }
        if let entry = entries[place], entry.mark == mark { return entry.store }
        guard let store = Self.read(place) else { return nil }
        if entries[place] == nil, entries.count >= Self.limit { forgetAll() }
        if let old = entries.updateValue(Entry(mark: mark, store: store), forKey: place) {
            X509_STORE_free(old.store)
        }
        return store
    }

    private func forgetAll() {
        for entry in entries.values { X509_STORE_free(entry.store) }
        entries = [:]
    }

    /// As libcurl sets up its own.
    private static func read(_ place: Place) -> OpaquePointer? {
        guard let store = X509_STORE_new() else { return nil }
        var isRead = X509_STORE_load_file(store, place.file) == 1
        if isRead, let directory = place.directory {
            isRead = X509_STORE_load_path(store, directory) == 1
        }
        guard isRead else {
            ERR_clear_error()
            X509_STORE_free(store)
            return nil
        }
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN))
        return store
    }
}
