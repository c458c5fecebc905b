// Lends the program's one HTTP client to the channels.

import WatchActions
import WatchHTTP

struct WebhookSender: WebhookTransport {
    /// Enough of an answer to read why it was refused.
    static let bodyLimit = 64 * 1024

    let client: HTTPClient

    func post(
        url: String, headers: [(String, String)], body: [UInt8], timeout: Duration
    ) async -> WebhookReply {
        CrashPoint.reached("before-send")
        let request = HTTPRequest(
            method: "POST", url: url, headers: headers.map { HTTPHeader($0.0, $0.1) }, body: body,
            timeout: timeout, maxBody: Self.bodyLimit)
        let result = await client.send(request)
        CrashPoint.reached("after-send")
        switch result {
        case .success(let response):
            return WebhookReply(
                outcome: .status(response.status), retryAfter: response.header("Retry-After"),
                body: response.body)
        case .failure(let failure):
            return WebhookReply(outcome: .failed(failure.message))
        }
    }
}
