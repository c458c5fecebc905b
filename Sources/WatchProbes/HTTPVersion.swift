// The version in an HTTP answer. A cache's memory of yesterday's release is no answer.

import WatchCore
import WatchHTTP

struct HTTPVersion: Sendable {
    let extraction: VersionSource.Extraction
    let redactor: Redactor

    func answer(in response: HTTPResponse) -> VersionReading.Answer {
        guard (200..<300).contains(response.status) else {
            return .unavailable("status \(response.status), expected 2xx")
        }
        if let cache = Self.cacheEvidence(response) {
            return .unavailable(
                "the answer came from a cache (\(redactor.excerpt(cache))); "
                    + "exempt this path from caching")
        }
        switch extraction {
        case .header(let name):
            guard let value = response.header(name) else {
                return .unavailable("there is no header \(printable(name, limit: 60))")
            }
            return .checked(value, redactor: redactor)
        case .pattern(let pattern): return match(pattern, response)
        case .json(let paths):
            guard let document = JSONValue(body: response.body) else {
                return .unavailable("the body is not JSON (\(redactor.description(of: response)))")
            }
            return JSONVersion(paths: paths, redactor: redactor).answer(in: document)
        }
    }

    private func match(_ pattern: String, _ response: HTTPResponse) -> VersionReading.Answer {
        do {
            guard let text = try PatternMatch.first(of: pattern, in: response.body) else {
                return .unavailable(
                    "the body does not match '\(redactor.excerpt(pattern))' "
                        + "(\(redactor.description(of: response)))")
            }
            return .checked(text, redactor: redactor)
        } catch {
            return .unavailable(error.message)
        }
    }

    // MARK: - Caches

    /// The header that gives a cache away: `Age` above 0 (RFC 9111 §5.1), `Cache-Status` with
    /// `hit` (RFC 9211 §2.1), or what the usual caches call their hits.
    static func cacheEvidence(_ response: HTTPResponse) -> String? {
        // Every answer comes by here, and most of its headers are none of these.
        response.headers(where: mayTell).first(where: isEvidence)
            .map { "\($0.name): \($0.value)" }
    }

    private static func mayTell(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        switch name.first {
        case UInt8(ascii: "A"), UInt8(ascii: "a"): name.count == 3
        case UInt8(ascii: "X"), UInt8(ascii: "x"): true
        // `Connection`, `Content-Type` and `Cache-Control` come with every answer.
        case UInt8(ascii: "C"), UInt8(ascii: "c"):
            name.last == UInt8(ascii: "s") || name.last == UInt8(ascii: "S")
        default: false
        }
    }

    private static func isEvidence(_ header: HTTPHeader) -> Bool {
        let value = header.value.lowercased()
        switch header.name.lowercased() {
        case "age":
            guard let age = Double(FileVersion.trimmed(value)) else { return true }
            return !(age <= 0)
        case "cache-status":
            return value.split { $0 == ";" || $0 == "," || $0 == " " }.contains("hit")
        case "x-cache", "x-cache-status", "x-proxy-cache", "x-vercel-cache", "cf-cache-status":
            let words = value.split { !$0.isLetter }
            // "TCP_REFRESH_HIT" was checked with the origin.
            let isStored = words.contains { ["hit", "stale", "updating"].contains($0) }
            return isStored && !words.contains("refresh")
        default: return false
        }
    }
}
