// Whether a handshake and its certificates are what is expected, and if not, in one sentence why.

import WatchCore
import WatchHTTP

struct CertificateJudge: Sendable {
    let check: TLSCheck
    let now: WallTime

    /// The first expectation that does not hold.
    func complaint(_ info: TLSInfo?) -> String? {
        guard let info, let leaf = info.chain.first else {
            return wantsCertificates ? "the handshake showed no certificate" : nil
        }
        if let least = check.minVersion, let version = info.version,
            Self.rank(version) < Self.rank("TLSv\(least.rawValue)")
        {
            return "\(version) was agreed on, expected TLSv\(least.rawValue) or later"
        }
        for name in check.names where !Self.covers(leaf, name) {
            let names = leaf.names.prefix(5).joined(separator: ", ")
            let more = leaf.names.count > 5 ? ", …" : ""
            return "the certificate is not for \(name), but for "
                + printable(names.isEmpty ? leaf.subject : names + more)
        }
        return expiry(info.chain)
    }

    private var wantsCertificates: Bool {
        check.expiresIn != nil || !check.names.isEmpty || check.minVersion != nil
    }

    /// Of all that are too near to their end, the one that ends first.
    private func expiry(_ chain: [TLSInfo.Certificate]) -> String? {
        guard let least = check.expiresIn,
            let (place, first) = chain.enumerated().min(by: { $0.1.notAfter < $1.1.notAfter })
        else { return nil }
        let left = Duration.seconds(first.notAfter) - Duration(nanoseconds: now.nanoseconds)
        guard left <= least else { return nil }
        let what = "\(Self.role(place)) \(printable(first.subject, limit: 100))"
        let end = WallTime(nanoseconds: first.notAfter * 1_000_000_000).text
        guard left > .zero else { return "\(what) expired on \(end), \(left.magnitude) ago" }
        return "\(what) expires in \(left.text) (\(end)), expected > \(least.text)"
    }

    /// Which certificate of a refused chain is out of its time; nil: that was not it.
    func invalid(_ chain: [TLSInfo.Certificate]) -> String? {
        let seconds = now.nanoseconds / 1_000_000_000
        for (place, certificate) in chain.enumerated() {
            let what = "\(Self.role(place)) \(printable(certificate.subject, limit: 100))"
            func text(_ time: Int64) -> String { WallTime(nanoseconds: time * 1_000_000_000).text }
            if certificate.notAfter < seconds {
                return "\(what) expired on \(text(certificate.notAfter))"
            }
            if certificate.notBefore > seconds {
                return "\(what) is good from \(text(certificate.notBefore)) on only"
            }
        }
        return nil
    }

    private static func role(_ place: Int) -> String {
        place == 0 ? "the certificate" : "the issuer's certificate"
    }

    /// `TLSv1` is 1.0.
    private static func rank(_ version: String) -> Double {
        guard version.hasPrefix("TLSv") else { return 0 }
        return Double(version.dropFirst("TLSv".count)) ?? 0
    }

    /// RFC 6125 §6.4: a star stands for the whole first label.
    static func covers(_ certificate: TLSInfo.Certificate, _ name: String) -> Bool {
        let name = name.lowercased()
        return certificate.names.contains { pattern in
            let pattern = pattern.lowercased()
            guard pattern.hasPrefix("*.") else { return pattern == name }
            guard let dot = name.firstIndex(of: "."), dot > name.startIndex else { return false }
            return name[dot...] == pattern.dropFirst()
        }
    }
}

extension Duration {
    fileprivate var magnitude: String { Duration(nanoseconds: abs(nanoseconds)).text }
}
