// Values that come from the network (a version, a commit) become arguments of programs and parts
// of unit names, so they must be plain. The same rule holds wherever one enters.

/// The charset of DESIGN §4: `[A-Za-z0-9][A-Za-z0-9._+-]{0,127}`.
public enum Identifier {
    /// Whether `text` may be a version, a commit or any other captured field.
    public static func isValid(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, isAlphanumeric(first), bytes.count <= 128 else {
            return false
        }
        return bytes.allSatisfy { isAlphanumeric($0) || [46, 95, 43, 45].contains($0) }
    }

    /// Why `text` is refused, for messages; the offending text is cut and made printable.
    public static func refusal(_ text: some StringProtocol) -> String {
        if text.isEmpty { return "it is empty" }
        if text.unicodeScalars.first == "\u{FEFF}" {
            return "it begins with a byte order mark, which editors do not show; save the file as "
                + "UTF-8 without one"
        }
        return
            "'\(printable(text, limit: 40))' is not of the form [A-Za-z0-9][A-Za-z0-9._+-]{0,127}"
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}

/// `text` for a terminal or a message: control characters become `?`, the rest is cut at `limit`
/// characters with an ellipsis. Text from outside must never reach a terminal any other way.
public func printable(_ text: some StringProtocol, limit: Int = 200) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
        if count == limit { return result + "…" }
        let bad =
            scalar.properties.generalCategory == .control
            || scalar.properties.generalCategory == .format
        result.unicodeScalars.append(bad ? "?" : scalar)
        count += 1
    }
    return result
}
