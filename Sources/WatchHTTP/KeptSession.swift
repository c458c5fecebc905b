// A TLS session that is offered again and again. Reading one from its bytes for each handshake
// would take a quarter of it, nearly all for the server's certificate that is in it.

import CTLS

/// Lives on the loop's thread only.
final class KeptSession {
    let session: OpaquePointer

    /// A copy that holds the server's certificate and none of those that came with it. Nil: it
    /// cannot be copied.
    init?(of session: OpaquePointer) {
        guard let copy = watchd_tls_copy(session) else { return nil }
        self.session = copy
    }

    deinit { SSL_SESSION_free(session) }
}
