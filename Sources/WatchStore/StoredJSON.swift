// JSON as it is stored: keys as the types spell them (a conversion that loses a spelling would
// lose state), sorted, so that equal values are equal bytes.

import FoundationEssentials

enum StoredJSON {
    static func text(_ value: some Encodable, _ document: String) throws(StoreError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // One number out of bounds must not keep the rest from being stored.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw .unencodable(document: document, detail: Self.reason(error))
        }
    }

    static func value<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: Data(text.utf8))
    }

    /// `incident.record.severity: …` rather than the dump of a context.
    static func reason(_ error: any Error) -> String {
        let context: (path: [any CodingKey], text: String)? =
            switch error {
            case DecodingError.typeMismatch(_, let context),
                DecodingError.valueNotFound(_, let context),
                DecodingError.dataCorrupted(let context):
                (context.codingPath, context.debugDescription)
            case DecodingError.keyNotFound(let key, let context):
                (context.codingPath, "there is no '\(key.stringValue)'")
            case EncodingError.invalidValue(_, let context):
                (context.codingPath, context.debugDescription)
            default: nil
            }
        guard let context else { return "\(error)" }
        let path = context.path.map { $0.intValue.map(String.init) ?? $0.stringValue }
        return path.isEmpty ? context.text : path.joined(separator: ".") + ": " + context.text
    }
}
