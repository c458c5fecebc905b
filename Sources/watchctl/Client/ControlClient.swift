// The daemon's HTTP API from the outside: paths and bodies in, values or a `Failure` out.

import WatchCore
import WatchHTTP
import WatchSystem

struct ControlClient: Sendable {
    let transport: any SocketTransport

    func get(_ path: String) async throws(Failure) -> [UInt8] {
        try check(await transport.request("GET", path, headers: [], body: nil))
    }

    func post(
        _ path: String, _ body: [String: JSONValue]
    ) async throws(Failure) -> [UInt8] {
        let sent = body.filter { $0.value != .null }
        guard let bytes = try? WireJSON.encode(JSONValue.object(sent)) else {
            throw Failure(.usage, "the arguments cannot be written as JSON")
        }
        let headers = [
            HTTPHeader("X-Watchd", "1"), HTTPHeader("Content-Type", "application/json"),
        ]
        return try check(
            await transport.request("POST", path, headers: headers, body: bytes))
    }

    func delete(_ path: String) async throws(Failure) -> [UInt8] {
        try check(
            await transport.request(
                "DELETE", path, headers: [HTTPHeader("X-Watchd", "1")], body: nil))
    }

    func decode<Value: Decodable>(
        _ type: Value.Type, _ body: [UInt8]
    ) throws(Failure) -> Value {
        do {
            return try WireJSON.decode(type, from: body)
        } catch {
            throw Failure(
                .unknown,
                "watchd's answer is not understood; watchctl and watchd may be of different "
                    + "versions")
        }
    }

    /// The body of a good answer; a `Failure` for any other.
    func check(_ answer: TransportAnswer) throws(Failure) -> [UInt8] {
        if (200..<300).contains(answer.status) { return answer.body }
        let reply = try? WireJSON.decode(ErrorReply.self, from: answer.body)
        let text = reply?.message ?? "watchd answered with status \(answer.status)"
        // A configuration that is refused has all its mistakes, each with its line.
        let message = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(1000)
            .map { safe(String($0), limit: 1000) }.joined(separator: "\n")
        switch answer.status {
        case 403: throw Failure(.refused, message, reply: answer.body)
        case 409:
            let code = reply.map { safe($0.code) } ?? "refused"
            throw Failure(.refused, "refused (\(code)): \(message)", reply: answer.body)
        case 400, 413, 415, 501: throw Failure(.usage, message, reply: answer.body)
        default: throw Failure(.unknown, message, reply: answer.body)
        }
    }
}

/// `/v1/services/my%20shop`: each part percent-encoded (RFC 3986 §3.3).
func apiPath(_ parts: String...) -> String {
    "/v1/" + parts.map(percentEncoded).joined(separator: "/")
}

/// All but unreserved characters encoded.
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case 48...57, 65...90, 97...122, 0x2D, 0x2E, 0x5F, 0x7E:
            result.unicodeScalars.append(Unicode.Scalar(byte))
        default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
    }
    return result
}

/// `?a=1&b=2`, without those that are nil.
func queryString(_ values: [(String, String?)]) -> String {
    let parts = values.compactMap { name, value in value.map { "\(name)=\(percentEncoded($0))" } }
    return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
}
