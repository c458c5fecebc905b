// TLS sessions for requests that may resume one (RFC 8446 §2.2). libcurl could keep them, but eight
// at most for all, and it does not compare all that tells one asker from another. A resumed
// handshake shows no certificate, so each session has an end by which the server must prove itself
// again.

import WatchCore

/// Who asks whom, and how the answerer is checked: whoever differs in any of it shares nothing.
struct SessionKey: Hashable {
    let target: String
    let unixSocket: String?
    let verifies: Bool
    let caFile: String?
    let client: HTTPRequest.ClientCertificate?
    let version: HTTPRequest.Version

    /// Nil: no session may be used.
    init?(_ request: HTTPRequest) {
        // The first handshake may be the proxy's own.
        guard request.reuse == .session, request.proxy == nil, !request.inspectsTLS else {
            return nil
        }
        target =
            HTTPRequest.authority(of: request.url)
            + " at \(request.connectTo ?? "")\(request.address ?? "")"
        unixSocket = request.unixSocket
        verifies = request.verifyTLS
        caFile = request.caFile
        client = request.clientCertificate
        version = request.version
    }
}

/// Lives on the loop's thread only.
final class SessionCache<Session> {
    private struct Entry {
        let session: Session
        let wholeUntil: Instant
        /// When the certificate ends, in seconds since 1970.
        let goodUntil: Int64
    }

    /// A whole handshake at least so often. Each session gets between half of it and all, so that
    /// those that were made together do not end together.
    static var longest: Duration { .minutes(10) }
    /// Eight KB each.
    static var limit: Int { 16_384 }

    private var entries: [SessionKey: Entry] = [:]

    /// A session to offer; nil: a whole handshake is due.
    func session(for key: SessionKey, at now: Moment) -> Session? {
        guard let entry = entries[key] else { return nil }
        guard now.boot < entry.wholeUntil, now.wall.nanoseconds / 1_000_000_000 < entry.goodUntil
        else {
            entries[key] = nil
            return nil
        }
        return entry.session
    }

    /// Of a handshake in which the server proved itself.
    func keep(_ session: Session, for key: SessionKey, goodUntil: Int64, at now: Moment) {
        if entries[key] == nil, entries.count >= Self.limit { dropEnded(at: now) }
        guard entries[key] != nil || entries.count < Self.limit else { return }
        let part = Double(UInt8(truncatingIfNeeded: key.hashValue)) / 255
        entries[key] = Entry(
            session: session, wholeUntil: now.boot + Self.longest * (0.5 + part / 2),
            goodUntil: goodUntil)
    }

    func forget(_ key: SessionKey) { entries[key] = nil }

    private func dropEnded(at now: Moment) {
        entries = entries.filter { now.boot < $0.value.wholeUntil }
    }
}
