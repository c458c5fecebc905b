// Looks over libcurl's shoulder during a handshake: which certificates were checked and what was
// agreed on. libcurl alone decides; it tells nothing of a chain that it refused.

import CCurl
import CTLS
import Glibc
import WatchCore
import WatchSystem

extension Transfer {
    /// Where OpenSSL's context keeps the way back to the transfer. Negative: none to be had.
    private static let slot: Int32 = watchd_tls_new_slot()

    /// Other TLS libraries have contexts of their own kind.
    private static let isOpenSSL = watchd_curl_has_openssl() != 0

    /// The authorities that are trusted, if they are for us to read: a proxy has others.
    var trustPlace: TrustStores.Place? {
        guard Self.isOpenSSL, Self.slot >= 0, request.proxy == nil else { return nil }
        if let file = request.caFile { return TrustStores.Place(file: file, directory: nil) }
        return tools.systemTrust
    }

    /// - Parameter context: libcurl's `SSL_CTX`.
    func handshakeBegins(_ context: UnsafeMutableRawPointer?) -> CURLcode {
        phase = .tls
        handshakeBegan = SystemTime().boot()
        guard Self.isOpenSSL, Self.slot >= 0, let context else { return CURLE_OK }
        watch(context)
        guard let trustPlace else { return CURLE_OK }
        if let store = tools.trust.store(trustPlace) {
            watchd_tls_trust(context, store)
        } else if request.verifyTLS {
            trustProblem = "\(trustPlace.file) is no file of certificates that can be read"
            return CURLE_SSL_CACERT_BADFILE
        }
        return CURLE_OK
    }

    private func watch(_ context: UnsafeMutableRawPointer) {
        watchd_tls_watch(
            context, Self.slot, Unmanaged.passUnretained(self).toOpaque(),
            { isGood, store in
                if let store, let transfer = Transfer.of(watchd_tls_of_store(store)),
                    isGood == 0 || transfer.request.inspectsTLS
                {
                    transfer.note(chain: store)
                }
                return isGood
            },
            { ssl, place, _ in
                guard let transfer = Transfer.of(ssl) else { return }
                if place & SSL_CB_HANDSHAKE_START != 0 { transfer.offerSession(ssl) }
                if place & SSL_CB_HANDSHAKE_DONE != 0 { transfer.noteAgreement(ssl) }
            })
        guard sessionKey != nil else { return }
        watchd_tls_keep_sessions(context) { ssl, session in
            if let session { Transfer.of(ssl)?.keepSession(session, ssl) }
            // The session itself stays OpenSSL's.
            return 0
        }
    }

    // MARK: - Sessions

    private func offerSession(_ ssl: OpaquePointer?) {
        // A redirect may lead to somebody else.
        guard let sessionKey, let ssl, long(CURLINFO_REDIRECT_COUNT) == 0,
            let session = tools.sessions.session(for: sessionKey, at: SystemTime().now())
        else { return }
        offersSession = watchd_tls_offer(ssl, session.session) == 1
    }

    /// One that a whole handshake led to, and the first of it: as long as it is used again the
    /// server does not prove itself, so that what it is followed by must not live any longer.
    private func keepSession(_ session: OpaquePointer, _ ssl: OpaquePointer?) {
        guard let sessionKey, let ssl, !hasKeptSession, watchd_tls_is_resumed(ssl) == 0,
            long(CURLINFO_REDIRECT_COUNT) == 0, let certificate = SSL_SESSION_get0_peer(session),
            let copy = KeptSession(of: session)
        else { return }
        hasKeptSession = true
        tools.sessions.keep(
            copy, for: sessionKey, goodUntil: Self.seconds(X509_get0_notAfter(certificate)),
            at: SystemTime().now())
    }

    private static func of(_ ssl: OpaquePointer?) -> Transfer? {
        guard let ssl, let owner = watchd_tls_owner(ssl, slot) else { return nil }
        return Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue()
    }

    private func noteAgreement(_ ssl: OpaquePointer?) {
        guard let ssl else { return }
        var info = tls ?? TLSInfo()
        info.version = SSL_get_version(ssl).map { String(cString: $0) }
        info.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) }
        tls = info
        // A kept connection outlives this transfer, and its server may want another handshake.
        if keepsConnection { watchd_tls_forget_owner(ssl, Self.slot) }
    }

    private func note(chain store: OpaquePointer) {
        let length = min(Int(watchd_tls_chain_length(store)), TLSInfo.chainLimit)
        // Called for each certificate; the whole chain is there from the first.
        guard length > 0, tls?.chain.count != length else { return }
        var info = tls ?? TLSInfo()
        info.chain = (0..<length).compactMap { index in
            watchd_tls_chain_at(store, Int32(index)).map(Self.certificate)
        }
        tls = info
    }

    private static func certificate(_ certificate: OpaquePointer) -> TLSInfo.Certificate {
        TLSInfo.Certificate(
            subject: text(X509_get_subject_name(certificate)),
            issuer: text(X509_get_issuer_name(certificate)),
            notBefore: seconds(X509_get0_notBefore(certificate)),
            notAfter: seconds(X509_get0_notAfter(certificate)), names: names(certificate))
    }

    private static func text(_ name: OpaquePointer?) -> String {
        guard let name else { return "" }
        var buffer = [CChar](repeating: 0, count: 512)
        watchd_tls_name(name, &buffer, Int32(buffer.count))
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
        return Int64(timegm(&parts))
    }

    private static func names(_ certificate: OpaquePointer) -> [String] {
        guard let names = watchd_tls_names(certificate) else { return [] }
        defer { GENERAL_NAMES_free(names) }
        return (0..<min(watchd_tls_names_count(names), Int32(TLSInfo.nameLimit))).compactMap {
            var start: UnsafePointer<UInt8>?
            var count: Int32 = 0
            let kind = watchd_tls_name_at(names, $0, &start, &count)
            guard kind >= 0, let start else { return nil }
            let bytes = UnsafeBufferPointer(start: start, count: Int(count))
            return kind == GEN_IPADD ? address(bytes) : String(decoding: bytes, as: UTF8.self)
        }
    }

    private static func address(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard
            inet_ntop(family, bytes.baseAddress, &buffer, socklen_t(buffer.count)) != nil
        else { return nil }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
