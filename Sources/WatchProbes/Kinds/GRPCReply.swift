// A health check's bytes: the frame around messages
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), and the two messages of
// grpc.health.v1, each with one field.

import WatchCore
import WatchHTTP

enum GRPCFrame {
    /// `HealthCheckRequest { string service = 1; }`, with the five bytes before it.
    static func healthRequest(_ service: String) -> [UInt8] {
        let name = Array(service.utf8)
        let message = name.isEmpty ? [] : [0x0A] + varint(name.count) + name
        return [0] + (0..<4).map { UInt8(message.count >> (24 - 8 * $0) & 0xFF) } + message
    }

    private static func varint(_ value: Int) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// `HealthCheckResponse { ServingStatus status = 1; }`; nil: these bytes are none.
    static func servingStatus(_ body: [UInt8]) -> Int? {
        // Nothing was offered that a message could be compressed with.
        guard body.count >= 5, body[0] == 0 else { return nil }
        let length = body[1...4].reduce(0) { $0 << 8 | Int($1) }
        guard body.count == 5 + length else { return nil }
        var rest = body[5...]
        var status = 0
        while !rest.isEmpty {
            guard let key = number(&rest), let value = number(&rest) else { return nil }
            switch key & 7 {
            case 0: if key >> 3 == 1 { status = Int(truncatingIfNeeded: value) }
            case 2:
                guard value <= UInt64(rest.count) else { return nil }
                rest = rest.dropFirst(Int(value))
            default: return nil
            }
        }
        return status
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}

struct GRPCReply: Sendable {
    let response: HTTPResponse

    init(_ response: HTTPResponse) { self.response = response }

    private static let serving = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
    /// https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
    private static let codes = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
        "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ]

    private var code: Int? { response.header("grpc-status").flatMap { Int($0) } }

    private var status: String? {
        GRPCFrame.servingStatus(response.body).map {
            Self.serving.indices.contains($0) ? Self.serving[$0] : "status \($0)"
        }
    }

    private func name(_ code: Int) -> String {
        Self.codes.indices.contains(code) ? "\(code) \(Self.codes[code])" : "\(code)"
    }

    func complaint(_ check: GRPCCheck, _ redactor: Redactor) -> String? {
        guard response.status == 200 else {
            return "HTTP status \(response.status), expected 200; this is no answer of gRPC"
        }
        guard let code else {
            return "there is no grpc-status in the answer; \(redactor.description(of: response))"
        }
        guard code == 0 else {
            let said = redactor.excerpt(Self.decoded(response.header("grpc-message") ?? ""))
            let message = said.isEmpty ? "" : ": \(said)"
            let meaning =
                switch code {
                case 5: ", the server does not know '\(printable(check.service, limit: 80))'"
                case 12: ", the server has no grpc.health.v1.Health"
                default: ""
                }
            return "grpc status \(name(code))\(message)\(meaning)"
        }
        guard let status else { return "the answer is no HealthCheckResponse" }
        return status == "SERVING" ? nil : "the server says \(status), expected SERVING"
    }

    func lines(_ redactor: Redactor) -> [String] {
        var lines = ["HTTP status \(response.status)"]
        if let code { lines.append("grpc status \(name(code))") }
        if code == 0, let status { lines.append(status) }
        return lines.map(redactor.redact)
    }

    /// Messages are percent-encoded UTF-8.
    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
