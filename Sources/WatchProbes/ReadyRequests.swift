// Requests without placeholders are the same each time: they are built once, as long as the
// configuration asks for them.

import Synchronization
import WatchCore

final class ReadyRequests: Sendable {
    /// More than probes of one host; a reload leaves old ones behind until it is reached.
    static let limit = 20_000

    /// A class: it is found for every probe, and has many fields to be copied.
    final class Entry: Sendable {
        let spec: HTTPRequestSpec
        let timeout: Duration
        let built: RequestBuilder.Built

        init(spec: HTTPRequestSpec, timeout: Duration, built: RequestBuilder.Built) {
            self.spec = spec
            self.timeout = timeout
            self.built = built
        }
    }

    /// By the URL as it is written; of two that have the same the one that was asked last.
    private let known = Mutex<[String: Entry]>([:])

    func request(for spec: HTTPRequestSpec, timeout: Duration) -> Entry? {
        let entry = known.withLock { $0[spec.url.source] }
        guard let entry, entry.timeout == timeout, entry.spec == spec else { return nil }
        return entry
    }

    /// - Parameter built: of a specification without placeholders.
    func keep(_ built: RequestBuilder.Built, for spec: HTTPRequestSpec, timeout: Duration) {
        known.withLock {
            if $0.count >= Self.limit { $0 = [:] }
            $0[spec.url.source] = Entry(spec: spec, timeout: timeout, built: built)
        }
    }
}
