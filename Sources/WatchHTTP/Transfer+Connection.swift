// Which way a request goes and over what: a connection of its own or a kept one, to which address,
// with which certificates.

import CCurl
import Glibc
import WatchCore

extension Transfer {
    func setConnection() {
        if request.connectOnly { set(CURLOPT_CONNECT_ONLY, 1) }
        if let path = request.unixSocket { set(CURLOPT_UNIX_SOCKET_PATH, path) }
        setPlace()
        setReuse()
        setClientCertificate()
        if !request.verifyTLS {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let trustPlace { return setMark(of: trustPlace) }
        // Reading the system's bundle takes 20 ms of the one thread, so libcurl may keep it for a
        // while; a file of the configuration is read each time, since it may just have changed.
        watchd_easy_set_long(easy, watchd_opt_ca_cache_timeout, request.caFile == nil ? 600 : 0)
        if let path = request.caFile {
            set(CURLOPT_CAINFO, path)
            // Or the system's authorities in CURLOPT_CAPATH would be trusted besides.
            watchd_easy_set_string(easy, CURLOPT_CAPATH, nil)
        }
    }

    /// The authorities are read by us. Kept connections are told apart by what libcurl was told, so
    /// there it is told a directory, which costs nothing until an authority is looked for.
    private func setMark(of place: TrustStores.Place) {
        watchd_easy_set_string(easy, CURLOPT_CAINFO, nil)
        watchd_easy_set_string(easy, CURLOPT_CAPATH, keepsConnection ? place.mark : nil)
        // Or libcurl, which looks into the store only when the server's certificate comes, would
        // keep the first of ours and put it into every other context.
        watchd_easy_set_long(easy, watchd_opt_ca_cache_timeout, 0)
    }

    /// Whether the connection may be one that was kept, and is kept afterwards.
    var keepsConnection: Bool {
        switch request.reuse {
        case .nothing, .session: false
        case .connection:
            // libcurl 7.88 speaks HTTP/1.1 over a kept connection of HTTP/2 without TLS.
            request.proxy == nil && order.exchange == nil && request.version != .twoWithoutAsking
        }
    }

    private func setReuse() {
        // A name is looked up for each connection, so that one that moved is followed.
        set(CURLOPT_DNS_CACHE_TIMEOUT, 0)
        // libcurl's own memory of sessions; ours tells askers apart.
        set(CURLOPT_SSL_SESSIONID_CACHE, 0)
        guard !keepsConnection else {
            set(CURLOPT_MAXLIFETIME_CONN, max(1, Int(tools.keptFor.seconds)))
            return
        }
        set(CURLOPT_FRESH_CONNECT, 1)
        // A conversation goes on after libcurl is done with connecting.
        if order.exchange == nil { set(CURLOPT_FORBID_REUSE, 1) }
    }

    /// Where the connection goes, if not where the URL says.
    private func setPlace() {
        var place = request.connectTo.map { "::\($0)" }
        if let address = request.address {
            // Of this host alone: redirects to others go there.
            let host = Self.host(HTTPRequest.authority(of: request.url))
            place = "\(host)::\(address.contains(":") ? "[\(address)]" : address):"
        }
        if let place { handle.set(CURLOPT_CONNECT_TO, [place]) }
        switch request.family {
        case .any: break
        case .four: set(CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V4))
        case .six: set(CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V6))
        }
    }

    /// Without the port, with the brackets.
    private static func host(_ authority: String) -> Substring {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return authority[...end]
        }
        return authority.prefix { $0 != ":" }
    }

    private func setClientCertificate() {
        guard let certificate = request.clientCertificate else { return }
        // libcurl compares the certificate of a kept connection with what is set here, and no key.
        if keepsConnection, var identity = certificate.identity {
            watchd_easy_set_blob(easy, CURLOPT_SSLCERT_BLOB, &identity, identity.count)
        } else {
            set(CURLOPT_SSLCERT, certificate.path)
        }
        switch certificate.key {
        case .path(let path): set(CURLOPT_SSLKEY, path)
        case .text(let text):
            var bytes = Array(text.utf8)
            watchd_easy_set_blob(easy, CURLOPT_SSLKEY_BLOB, &bytes, bytes.count)
        }
    }
}

extension HTTPRequest.ClientCertificate {
    /// More is no certificate.
    private static let sizeLimit = 64 * 1024

    /// The certificate's text and a mark of its key, so that whoever has another of either is
    /// somebody else, and a renewed one is used at once. Nil: it cannot be read, which libcurl can
    /// say better.
    fileprivate var identity: [UInt8]? {
        guard let text = Self.contents(path), !text.isEmpty else { return nil }
        var mark = Hasher()
        mark.combine(key)
        // PEM allows text around what it is about (RFC 7468 §2).
        return text + Array("\nkey \(mark.finalize())\n".utf8)
    }

    private static func contents(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit)
        let count = fread(&bytes, 1, bytes.count, file)
        return count < sizeLimit ? Array(bytes.prefix(count)) : nil
    }
}
