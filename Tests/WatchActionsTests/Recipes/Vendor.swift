// What the vendors' servers of these tests have in common: they look at what they are sent, and say
// what is wrong with it.

import FoundationEssentials
import Synchronization
import TestServers
import WatchCore

/// A state that requests change, one after the other.
final class VendorState<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func callAsFunction<T>(_ body: (inout Value) -> T) -> T where T: Sendable {
        value.withLock { body(&$0) }
    }
}

extension APIRequest {
    /// Without its query.
    var place: String { String(path.prefix { $0 != "?" }) }

    var query: [String: String] {
        var values: [String: String] = [:]
        for part in path.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(pair[0])] = pair.count == 2 ? String(pair[1]) : ""
        }
        return values
    }

    /// Of a body that says that it is JSON, and is.
    var json: [String: JSONValue]? {
        guard headers["content-type"]?.hasPrefix("application/json") == true,
            case .object(let members) = try? JSONDecoder().decode(
                JSONValue.self, from: Data(body))
        else { return nil }
        return members
    }
}

extension APIReply {
    static func json(_ status: Int, _ text: String) -> APIReply {
        .answer(status, ["Content-Type: application/json"], text)
    }

    static func wrong(_ status: Int, _ message: String) -> APIReply {
        json(status, #"{"error":{"message":"\#(message)"},"message":"\#(message)"}"#)
    }
}
