// Bytes inside JSON: base64 (RFC 4648, section 4), because the core has no Foundation.

enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    private static let noDigit: UInt8 = 255

    private static let digits: [UInt8] = {
        var digits = [UInt8](repeating: noDigit, count: 256)
        for (value, letter) in alphabet.enumerated() {
            digits[Int(letter)] = UInt8(truncatingIfNeeded: value)
        }
        return digits
    }()

    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = alphabet
        let length = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: length) { text in
            var at = 0
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let rest = bytes.count - start
                let group =
                    UInt32(bytes[start]) << 16 | (rest > 1 ? UInt32(bytes[start + 1]) << 8 : 0)
                    | (rest > 2 ? UInt32(bytes[start + 2]) : 0)
                for digit in 0..<4 {
                    let value = Int(group >> (18 - 6 * digit)) & 63
                    text[at + digit] = digit <= rest ? alphabet[value] : padding
                }
                at += 4
            }
            return length
        }
    }

    /// nil: the text is no base64 with padding.
    static func decode(_ text: String) -> [UInt8]? {
        let digits = digits
        let letters = Array(text.utf8)
        guard letters.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count / 4 * 3)
        for start in stride(from: 0, to: letters.count, by: 4) {
            var group: UInt32 = 0
            var pads = 0
            for letter in letters[start..<start + 4] {
                let value = digits[Int(letter)]
                if letter == padding, start + 4 == letters.count {
                    pads += 1
                } else if value == noDigit || pads > 0 {
                    return nil
                }
                group = group << 6 | UInt32(letter == padding ? 0 : value)
            }
            guard pads <= 2 else { return nil }
            for shift in [16, 8, 0].dropLast(pads) {
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(shift)))
            }
        }
        return bytes
    }
}
