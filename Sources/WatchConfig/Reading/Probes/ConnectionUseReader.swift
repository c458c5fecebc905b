// Whether a probe has a connection of its own each time.

import WatchCore

extension Section {
    /// - Parameter usesTLS: nil: a secret will say.
    func connectionUse(
        usesTLS: Bool?, speaksHTTP2: Bool
    ) -> HTTPRequestSpec.ConnectionUse {
        guard let use = choice("connection", as: HTTPRequestSpec.ConnectionUse.self) else {
            return .fresh
        }
        let keyPlace = keyPlace("connection") ?? place
        if use != .fresh, has("proxy") {
            problems.error(
                keyPlace, "'connection' means nothing with 'proxy'",
                "remove it: through a proxy each probe has a connection of its own")
        }
        if use == .resume, usesTLS == false {
            problems.warning(
                keyPlace, "without TLS there is no session to resume",
                "remove it, or write connection: keep")
        }
        if use == .keep, usesTLS == false, speaksHTTP2 {
            problems.error(
                keyPlace, "without TLS no connection of HTTP/2 is kept",
                "remove it: each probe has a connection of its own")
        }
        return use
    }

    /// One asked as rarely never finds the connection of the one before.
    func checkKept(_ use: HTTPRequestSpec.ConnectionUse, every: Duration) {
        guard use == .keep, every >= HTTPRequestSpec.ConnectionUse.keptFor else { return }
        problems.warning(
            keyPlace("connection") ?? place,
            "a connection is kept for \(HTTPRequestSpec.ConnectionUse.keptFor.text), and this "
                + "probe asks every \(every.text)",
            "remove it, or ask more often")
    }
}
