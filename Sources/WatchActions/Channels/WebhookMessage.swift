// The generic webhook: a message as JSON, for programs. Its shape is a contract.

import FoundationEssentials
import WatchCore

/// The body: `{"format":1,"id":…,"kind":"page","time":…,"service":…,"incident":…,"severity":…,
/// "title":…,"text":…,"fields":[{"name":…,"value":…}],"dedup_key":…}`, null where a member does
/// not apply. `id` is the same for every try of one message, `dedup_key` for every message of one
/// incident.
struct WebhookMessage: Encodable {
    let outbox: OutboxMessage

    private enum CodingKeys: String, CodingKey {
        case format, id, kind, time, service, incident, severity, title, text, fields
        case dedupKey = "dedup_key"
    }

    func encode(to encoder: any Encoder) throws {
        let message = outbox.message
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(1, forKey: .format)
        try container.encode(outbox.id, forKey: .id)
        try container.encode(message.kind, forKey: .kind)
        try container.encode(message.time, forKey: .time)
        try container.encode(message.service, forKey: .service)
        try container.encode(message.incident, forKey: .incident)
        try container.encode(message.severity, forKey: .severity)
        try container.encode(message.title, forKey: .title)
        try container.encode(message.text, forKey: .text)
        try container.encode(message.fields, forKey: .fields)
        try container.encode(message.dedupKey, forKey: .dedupKey)
    }
}

enum MessageCoding {
    static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and numbers only; encoding them cannot fail.
        return (try? encoder.encode(value)).map { Array($0) } ?? []
    }
}
