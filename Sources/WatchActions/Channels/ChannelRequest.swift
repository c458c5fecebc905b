// A message in the shape of its channel, ready to be posted.

import WatchCore

struct ChannelRequest: Sendable {
    var url: String
    var headers: [(String, String)]
    var body: [UInt8]
    /// Whether a 200 with `{"ok":false}` is a refusal.
    var strictBody: Bool
    /// For what is said about it: URLs of webhooks are secrets themselves.
    var redactor: Redactor

    init(
        _ outbox: OutboxMessage, _ kind: ChannelConfiguration.Kind, secrets: any SecretSource
    ) throws(SecretError) {
        headers = [
            ("Content-Type", "application/json; charset=utf-8"), ("Idempotency-Key", outbox.id),
        ]
        var hidden: [String] = []
        switch kind {
        case .slack(let template):
            url = try Self.fill(template, secrets)
            body = MessageCoding.json(SlackMessage(outbox.message))
            strictBody = true
        case .webhook(let template, let secret):
            url = try Self.fill(template, secrets)
            body = MessageCoding.json(WebhookMessage(outbox: outbox))
            strictBody = false
            if let secret {
                let key = try Self.fill(secret, secrets)
                hidden.append(key)
                guard !key.isEmpty, let signature = Signature.sha256(of: body, key: Array(key.utf8))
                else {
                    throw SecretError(message: "\(secret.source) is empty; nothing can be signed")
                }
                headers.append(("X-Watchd-Signature", signature))
            }
        }
        redactor = Redactor(hidden + [url])
    }

    private static func fill(
        _ template: Template, _ secrets: any SecretSource
    ) throws(SecretError) -> String {
        do throws(Template.RenderError) {
            return try template.render(secrets: secrets)
        } catch {
            switch error {
            case .secret(let error): throw error
            case .noValue(let variable):
                throw SecretError(message: "${\(variable)} has no value in a channel")
            }
        }
    }
}
