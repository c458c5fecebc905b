// `HOST:PORT`, and addresses.

import Glibc
import WatchCore

extension Section {
    /// - Parameter port: of texts that name none; nil: one must be named.
    func endpoint(_ key: String, port: Int? = nil) -> Endpoint? {
        guard let text = text(key, limit: 300) else { return nil }
        return Endpoints.read(text[...], place(key), port: port, problems)
    }
}

enum Endpoints {
    static func read(
        _ text: Substring, _ place: Place, port standard: Int? = nil, _ problems: Problems
    ) -> Endpoint? {
        let shown = "'\(printable(text, limit: 60))'"
        let (host, port) = parts(text)
        guard isHost(host) else {
            problems.error(
                place, "\(shown) names no host",
                text.contains("://")
                    ? "write it without a scheme, as in example.com:443"
                    : "write HOST:PORT, an IPv6 address as in [2001:db8::1]:443")
            return nil
        }
        let plain = host.hasPrefix("[") ? host.dropFirst().dropLast() : host
        if port == nil, let standard { return Endpoint(host: String(plain), port: standard) }
        guard let port, let number = Int(port), (1...65535).contains(number) else {
            problems.error(
                place, port.map { "\(shown): '\($0)' is no port" } ?? "\(shown) names no port",
                "write HOST:PORT; ports go from 1 to 65535")
            return nil
        }
        return Endpoint(host: String(plain), port: number)
    }

    private static func parts(_ text: Substring) -> (host: Substring, port: Substring?) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let rest = text[text.index(after: end)...]
            return (text[...end], rest.hasPrefix(":") ? rest.dropFirst() : nil)
        }
        guard let colon = text.lastIndex(of: ":") else { return (text, nil) }
        // An IPv6 address without brackets has no port that could be told from it.
        if text[..<colon].contains(":") { return (isAddress(text) ? "[\(text)]" : text, nil) }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    /// A name or an IPv4 address, or an IPv6 address in brackets.
    static func isHost(_ host: Substring) -> Bool {
        if host.hasPrefix("["), host.hasSuffix("]") {
            return isAddress(host.dropFirst().dropLast())
        }
        return !host.isEmpty && host.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95: true
        default: false
        }
    }

    static func isAddress(_ text: Substring) -> Bool { canonical(text) != nil }

    /// An address as it is usually written; nil: it is none.
    static func canonical(_ text: Substring) -> String? {
        var bytes = [UInt8](repeating: 0, count: 16)
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        for family in [AF_INET, AF_INET6] {
            guard inet_pton(family, String(text), &bytes) == 1,
                inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil
            else { continue }
            return String(
                decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return nil
    }
}
