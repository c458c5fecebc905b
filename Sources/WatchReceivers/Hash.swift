// Keyed hashes of bodies (HMAC, RFC 2104), and comparing without telling how far it was right.

import CCrypto
import WatchCore

enum Hash {
    /// nil: OpenSSL has no such algorithm (it may be built or set up without SHA-1).
    static func keyed(
        _ algorithm: DrainListener.Signature.Algorithm, of body: UnsafeRawBufferPointer,
        key: [UInt8]
    ) -> [UInt8]? {
        let kind =
            switch algorithm {
            case .sha1: EVP_sha1()
            case .sha256: EVP_sha256()
            }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        // An empty array has no address; HMAC takes a null key for "the one before".
        let key = key.isEmpty ? [0] : key
        let nothing: [UInt8] = [0]
        let made = nothing.withUnsafeBufferPointer { nothing in
            let start = body.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return HMAC(
                kind, key, Int32(key.count), start ?? nothing.baseAddress, body.count, &digest,
                &length)
        }
        return made == nil ? nil : Array(digest.prefix(Int(length)))
    }

    /// Takes as long wherever they differ.
    static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return CRYPTO_memcmp(left, right, left.count) == 0
    }
}
