// Secrets that went out may come back: in what a program printed, in an answer, in a URL of a
// message. Nothing from outside is shown or stored before they are taken out.

public struct Redactor: Sendable {
    private static let mark = Array("***".utf8)

    /// Longest first, so that a secret that contains another goes as a whole.
    private let secrets: [[UInt8]]

    /// Each secret also line by line: programs print keys and certificates so. A character or two
    /// is no secret that could be told from ordinary text. A secret that was transformed (base64,
    /// percent-encoded) is not recognised.
    public init(_ secrets: [String]) {
        // Most probes have none, and each has one of these.
        guard !secrets.isEmpty else {
            self.secrets = []
            return
        }
        var all: Set<[UInt8]> = []
        for secret in secrets where secret.utf8.count >= 3 {
            all.insert(Array(secret.utf8))
            for line in secret.split(separator: "\n") where line.utf8.count >= 8 {
                all.insert(Array(line.utf8))
            }
        }
        self.secrets = all.sorted { $0.count > $1.count }
    }

    public func redact(_ text: String) -> String {
        secrets.isEmpty ? text : String(decoding: redact(Array(text.utf8)), as: UTF8.self)
    }

    public func redact(_ text: [UInt8]) -> [UInt8] {
        secrets.reduce(text, Self.replace)
    }

    private static func replace(_ text: [UInt8], _ secret: [UInt8]) -> [UInt8] {
        guard text.count >= secret.count, let first = secret.first else { return text }
        var result: [UInt8] = []
        var kept = 0
        var at = 0
        while at <= text.count - secret.count {
            guard text[at] == first, text[at..<at + secret.count].elementsEqual(secret) else {
                at += 1
                continue
            }
            result += text[kept..<at] + mark
            at += secret.count
            kept = at
        }
        return kept == 0 ? text : result + text[kept...]
    }
}
