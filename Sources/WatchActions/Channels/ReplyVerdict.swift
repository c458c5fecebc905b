// What a receiver's answer means. Pure: the reply and the time in, the verdict out.

import FoundationEssentials
import WatchCore

enum ReplyVerdict: Hashable, Sendable {
    case sent
    /// Worth another try; not before `after`, if the receiver said so.
    case retry(after: Duration?, error: String)
    /// The same message will be refused again.
    case refused(error: String)

    /// No receiver can silence us for longer than this.
    static let longestWait = Duration.hours(1)

    static func of(_ reply: WebhookReply, strictBody: Bool, now: WallTime) -> ReplyVerdict {
        let status: Int
        switch reply.outcome {
        case .failed(let error): return .retry(after: nil, error: error)
        case .status(let code): status = code
        }
        let body = String(decoding: reply.body.prefix(4096), as: UTF8.self)
        let json = try? JSONDecoder().decode(JSONValue.self, from: Data(reply.body))
        let answer = printable(body, limit: 200)
        let error = "HTTP \(status)" + (answer.isEmpty ? "" : ": \(answer)")
        let wait = waitTime(reply.retryAfter, json, now)
        switch status {
        case 200...299:
            return accepted(body, json, strictBody: strictBody, wait: wait, error: error)
        case 408, 425, 429, 500...599: return .retry(after: wait, error: error)
        case 300...399:
            return .refused(error: error + " (redirects are not followed; use the final URL)")
        default: return .refused(error: error)
        }
    }

    /// A 2xx, unless the body says otherwise: Teams connectors answer 200 with the text
    /// "… returned HTTP error 429", others with `{"ok":false,"error":"rate_limited"}`.
    private static func accepted(
        _ body: String, _ json: JSONValue?, strictBody: Bool, wait: Duration?, error: String
    ) -> ReplyVerdict {
        if let range = body.firstRange(of: "HTTP error "),
            let code = Int(body[range.upperBound...].prefix(3))
        {
            let transient = code == 408 || code == 429 || code >= 500
            return transient ? .retry(after: wait, error: error) : .refused(error: error)
        }
        guard case .object(let members) = json, members["ok"] == .bool(false) else { return .sent }
        let name = members["error"]?.scalarText ?? ""
        if name.contains("rate") && name.contains("limit") {
            return .retry(after: wait, error: error)
        }
        return strictBody ? .refused(error: error) : .sent
    }

    /// `Retry-After` as seconds or as a date (RFC 9110, 10.2.3), or `retry_after` of the body in
    /// seconds with a fraction; at most `longestWait`.
    static func waitTime(
        _ header: String?, _ json: JSONValue?, _ now: WallTime
    ) -> Duration? {
        var seconds: Double?
        if let header {
            seconds = Double(header) ?? HTTPDate.parse(header).map { ($0 - now).seconds }
        }
        if seconds == nil, case .object(let members) = json {
            seconds = members["retry_after"]?.scalarText.flatMap { Double($0) }
        }
        guard let seconds, seconds.isFinite else { return nil }
        return .nanoseconds(Int64(max(0, min(seconds, longestWait.seconds)) * 1e9))
    }
}
