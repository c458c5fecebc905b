// Where a stream listens for lines that are posted, and who may post them.

import WatchCore

struct DrainReader {
    let problems: Problems

    func read(_ stream: Section) -> DrainListener? {
        guard let value = stream.value("drain"), let section = Section(value, .drain, problems)
        else { return nil }
        let signature = signature(section)
        let token = secret("token", section)
        let verify = section.template("verify")
        let path = path(section)
        if section.has("signature"), section.has("token") {
            problems.error(
                section.keyPlace("token") ?? section.place,
                "'signature' and 'token' are both given", "keep the one that the sender uses")
        }
        let tls = section.tlsFiles(for: "https")
        guard let (host, port) = address(value, section) else { return nil }
        var listener = DrainListener(host: host, port: port)
        listener.tls = tls
        listener.signature = signature
        listener.token = token
        listener.verify = verify
        listener.path = path
        listener.maxBody = section.integer("max_body", listener.maxBody)
        let asks = section.given(["signature", "token", "client_ca"])
        if !ListenPlace.isOfThisHost(host), asks.isEmpty {
            problems.warning(
                section.place(section.has("http") ? "http" : "https"),
                "whoever reaches this address can make watchd believe "
                    + "what they like",
                "add signature: or token:, or listen at 127.0.0.1 behind a proxy that asks")
        }
        return listener
    }

    private func address(_ value: YAMLValue, _ section: Section) -> (host: String, port: Int)? {
        let given = section.given(["http", "https"])
        guard let key = given.first, given.count == 1 else {
            if given.count > 1 {
                problems.error(
                    section.keyPlace("https") ?? value.place,
                    "'drain' listens at one place, not several", "make a stream of each")
            } else if !section.hadRefused {
                problems.error(
                    value.place, "'drain' does not say where to listen",
                    "add http: 127.0.0.1:8514, or https: 0.0.0.0:8514 with certificate: and key:")
            }
            return nil
        }
        return section.listenAddress(key, example: 8514)
    }

    private func signature(_ section: Section) -> DrainListener.Signature? {
        guard let value = section.value("signature"),
            let signature = Section(value, .drainSignature, problems)
        else { return nil }
        let header = signature.text("header", limit: 100)
        let algorithm = signature.choice("algorithm", as: DrainListener.Signature.Algorithm.self)
        let secret = secret("secret", signature)
        if let header, !HeaderName.isValid(header) {
            problems.error(
                signature.place("header"),
                "'\(printable(header, limit: 60))' is no header name",
                "header names are letters, digits and '-'")
            return nil
        }
        guard let header, let algorithm, let secret else { return nil }
        return DrainListener.Signature(
            header: header.lowercased(), algorithm: algorithm, secret: secret)
    }

    private func secret(_ key: String, _ section: Section) -> Template? {
        guard let template = section.template(key) else { return nil }
        if template.secrets.isEmpty {
            problems.error(
                section.place(key), "a secret is not written in this file",
                "name where it is kept: \(key): \"${credential:NAME}\"")
            problems.hide(template.source, at: section.place(key))
        }
        return template
    }

    private func path(_ section: Section) -> String? {
        guard let text = section.text("path", limit: 1024) else { return nil }
        let isPath =
            text.hasPrefix("/")
            && text.utf8.allSatisfy { (33...126).contains($0) && $0 != 63 && $0 != 35 }
        guard isPath else {
            problems.error(
                section.place("path"), "'\(printable(text, limit: 60))' is no path of a URL",
                "as in path: /logs, without a query")
            return nil
        }
        return text
    }
}
