// A body as JSON.

import FoundationEssentials
import WatchCore

extension JSONValue {
    /// Nil when the body is no JSON document (RFC 8259).
    init?(body: [UInt8]) {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(body)) else {
            return nil
        }
        self = value
    }
}
