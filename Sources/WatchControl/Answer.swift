// Answers, with the headers every one of them carries.

import HTTPTypes
import Hummingbird
import NIOCore
import WatchCore
import WatchSystem

enum Answer {
    /// Nothing is kept, guessed, framed or told to others.
    private static let securityHeaders: [(HTTPField.Name?, String)] = [
        (.cacheControl, "no-store"),
        (.xContentTypeOptions, "nosniff"),
        (HTTPField.Name("X-Frame-Options"), "DENY"),
        (HTTPField.Name("Referrer-Policy"), "no-referrer"),
    ]

    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        do {
            return bytes(
                try WireJSON.encode(value), type: "application/json", status: status)
        } catch {
            return problem(
                .internalServerError, "internal", "the answer could not be written as JSON")
        }
    }

    static func problem(
        _ status: HTTPResponse.Status, _ code: String, _ message: String
    ) -> Response {
        let reply = ErrorReply(code: code, message: message)
        let body = (try? WireJSON.encode(reply)) ?? Array(#"{"code":"internal"}"#.utf8)
        return bytes(body, type: "application/json", status: status)
    }

    static func bytes(
        _ body: [UInt8], type: String, status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(
            status: status, headers: headers(type: type),
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func headers(type: String) -> HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = type
        for (name, value) in securityHeaders {
            if let name { headers[name] = value }
        }
        return headers
    }

    static func reply(_ reply: CommandReply) -> Response {
        switch reply.status {
        case .done: json(reply)
        case .refused: problem(.conflict, reply.reason ?? "refused", reply.message)
        case .notFound: problem(.notFound, "not-found", reply.message)
        }
    }

    static func bad(_ problem: RequestProblem) -> Response {
        Answer.problem(.badRequest, "invalid", problem.message)
    }

    /// The store cannot be read now.
    static func unavailable(_ error: any Error) -> Response {
        problem(
            .serviceUnavailable, "store-unavailable",
            "the store cannot be read: \(printable(String(describing: error), limit: 300))")
    }
}
