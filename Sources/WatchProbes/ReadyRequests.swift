// Requests without placeholders are the same each time: they are built once, as long as the
// configuration asks for them.

import Synchronization
import WatchCore

final class ReadyRequests: Sendable {
    /// More than probes of one host; a reload leaves old ones behind until it is reached.
    static let limit = 20_000

    private struct Entry {
        let spec: HTTPRequestSpec
        let timeout: Duration
        let built: RequestBuilder.Built
    }

    /// By the URL as it is written; of two that have the same the one that was asked last.
    private let known = Mutex<[String: Entry]>([:])

    func request(for spec: HTTPRequestSpec, timeout: Duration) -> RequestBuilder.Built? {
        known.withLock {
            guard let entry = $0[spec.url.source], entry.timeout == timeout, entry.spec == spec
            else { return nil }
            return entry.built
        }
    }

    /// - Parameter built: of a specification without placeholders.
    func keep(_ built: RequestBuilder.Built, for spec: HTTPRequestSpec, timeout: Duration) {
        known.withLock {
            if $0.count >= Self.limit { $0 = [:] }
            $0[spec.url.source] = Entry(spec: spec, timeout: timeout, built: built)
        }
    }
}
