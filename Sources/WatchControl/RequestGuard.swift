// Keeps web pages from using the socket when somebody forwards it to a browser
// (`ssh -L 8080:/run/watchd/watchd.sock host`): DNS rebinding by the Host rule, forged requests
// by a header that no foreign page can send unasked (Fetch standard, "CORS-preflight").

import HTTPTypes

enum RequestGuard {
    static let marker = HTTPField.Name("X-Watchd")

    /// Nil: it may pass. Else the sentence that goes with 403 `forbidden-origin`.
    static func refusal(
        authority: String?, origin: String?, marker: String?, acts: Bool
    ) -> String? {
        guard let authority, isLocalhost(authority) else {
            return "the Host header must be localhost (a port may follow); "
                + "open the page as http://localhost:PORT/"
        }
        guard acts else { return nil }
        guard marker == "1" else {
            return "a POST needs the header `X-Watchd: 1`, which other web pages cannot send"
        }
        if let origin, !isOwnOrigin(origin) {
            return "a page of another origin may not use this socket"
        }
        return nil
    }

    private static func isOwnOrigin(_ origin: String) -> Bool {
        let scheme = "http://"
        guard origin.lowercased().hasPrefix(scheme) else { return false }
        return isLocalhost(String(origin.dropFirst(scheme.count)))
    }

    /// `localhost` or `localhost:8080`.
    private static func isLocalhost(_ authority: String) -> Bool {
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.first?.lowercased() == "localhost" else { return false }
        guard parts.count == 2 else { return true }
        return !parts[1].isEmpty && UInt16(parts[1]) != nil
            && parts[1].utf8.allSatisfy { (48...57).contains($0) }
    }
}
