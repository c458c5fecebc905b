// HMAC-SHA256 (RFC 2104, FIPS 180-4) of a webhook's body, by OpenSSL, which libcurl loads anyway.

import CCrypto

enum Signature {
    /// `sha256=` and 64 hexadecimal digits, as GitHub's `X-Hub-Signature-256` has it; nil when
    /// OpenSSL has no SHA-256 (never seen).
    static func sha256(of body: [UInt8], key: [UInt8]) -> String? {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        // An empty array has no address; HMAC takes a null key for "the one before".
        let key = key.isEmpty ? [0] : key
        guard
            HMAC(EVP_sha256(), key, Int32(key.count), body, body.count, &digest, &length) != nil
        else { return nil }
        let hex = digest.prefix(Int(length)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "sha256=" + hex.joined()
    }
}
