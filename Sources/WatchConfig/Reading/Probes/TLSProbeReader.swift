// A tls probe: whom to shake hands with, and what its certificates must be.

import WatchCore

struct TLSProbeReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        let endpoint = section.endpoint("tls")
        var check = TLSCheck(endpoint: endpoint ?? Endpoint(host: "", port: 0))
        check.servername = name(section)
        check.caFile = section.has("ca_file") ? section.path("ca_file") : nil
        check.verifies = section.verifiesTLS(caFile: check.caFile)
        if let expect = section.value("expect").flatMap({
            Section($0, .tlsExpectation, problems)
        }) {
            check.expiresIn = expiresIn(expect)
            check.names = names(expect)
            check.minVersion = expect.choice("min_version", as: TLSCheck.Version.self)
        }
        return endpoint == nil ? nil : .tls(check)
    }

    private func name(_ section: Section) -> String? {
        guard let text = section.text("servername", limit: 253) else { return nil }
        guard Endpoints.isHost(text[...]) else {
            problems.error(
                section.place("servername"), "'\(printable(text, limit: 60))' is no name of a host",
                "write it without port and scheme, as in shop.example.com")
            return nil
        }
        return text
    }

    private func names(_ expect: Section) -> [String] {
        guard let value = expect.value("name") else { return [] }
        return (value.items ?? [value]).compactMap { item in
            guard let text = Scalars.text(item, "name", limit: 253, problems) else { return nil }
            let plain = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
            if Endpoints.isHost(plain) || Endpoints.isAddress(plain) { return text }
            problems.error(
                item.place, "'\(printable(text, limit: 60))' is no name of a host",
                "write a name or an address, as in shop.example.com")
            return nil
        }
    }

    /// Only more time than that can be wanted.
    private func expiresIn(_ expect: Section) -> Duration? {
        guard let text = expect.text("expires_in", limit: 40) else { return nil }
        let place = expect.place("expires_in")
        guard text.hasPrefix(">") else {
            problems.error(
                place, "'expires_in' says how long all certificates are good at least",
                "write it as in expires_in: \"> 14d\"")
            return nil
        }
        let rest = text.dropFirst().drop { $0 == "=" || $0 == " " }
        guard let least = Duration(text: String(rest)), least >= .zero else {
            problems.error(
                place, "'\(printable(rest, limit: 40))' is no duration",
                "write it as in expires_in: \"> 14d\"")
            return nil
        }
        return least
    }
}

extension Section {
    func verifiesTLS(caFile: String?) -> Bool {
        let verifies = boolean("verify_tls", true)
        if !verifies, caFile != nil {
            problems.error(
                place("verify_tls"), "'ca_file' means nothing with 'verify_tls: false'",
                "remove 'verify_tls: false'; the file's authorities are then trusted")
        }
        return verifies
    }
}
