// A dns probe: which name, which records, whom to ask, and what it must say.

import WatchCore

struct DNSProbeReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        let name = name(section)
        var check = DNSCheck(name: name ?? "")
        check.type = section.choice("type", as: DNSCheck.RecordType.self) ?? check.type
        check.server = server(section)
        if let expect = section.value("expect").flatMap({
            Section($0, .dnsExpectation, problems)
        }) {
            check.code = expect.choice("rcode", as: DNSCheck.ResponseCode.self) ?? check.code
            check.values = values(expect, "values", check.type)
            check.includes = values(expect, "includes", check.type) ?? []
            refuseValuesOfAnError(check, expect)
        }
        return name == nil ? nil : .dns(check)
    }

    private func refuseValuesOfAnError(_ check: DNSCheck, _ expect: Section) {
        guard check.code != .noError else { return }
        for key in expect.given(["values", "includes"]) {
            problems.error(
                expect.keyPlace(key) ?? expect.place,
                "an answer \(check.code.rawValue) has no records",
                "remove '\(key)', or 'rcode'")
        }
    }

    /// RFC 1035 §2.3.4; names with other letters are written in their ASCII form (`xn--…`).
    private func name(_ section: Section) -> String? {
        guard let text = section.text("dns", limit: 300) else { return nil }
        let place = section.place("dns")
        let shown = "'\(printable(text, limit: 60))'"
        let plain = text.hasSuffix(".") ? text.dropLast() : text[...]
        let labels = plain.split(separator: ".", omittingEmptySubsequences: false)
        if Endpoints.isAddress(plain) {
            problems.error(
                place, "\(shown) is an address, not a name",
                "for its name write type: PTR and, backwards, as in 1.2.0.192.in-addr.arpa")
            return nil
        }
        guard plain.utf8.count <= 253,
            labels.allSatisfy({ (1...63).contains($0.utf8.count) && Endpoints.isHost($0) })
        else {
            problems.error(
                place, "\(shown) is no name that DNS could know",
                "write it as in shop.example.com, other letters as xn--…")
            return nil
        }
        return String(plain)
    }

    private func server(_ section: Section) -> Endpoint? {
        guard let endpoint = section.endpoint("server", port: 53) else { return nil }
        guard Endpoints.isAddress(endpoint.host[...]) else {
            problems.error(
                section.place("server"),
                "the server '\(printable(endpoint.host, limit: 60))' is a name, which a server "
                    + "would have to look up",
                "write its address, as in 192.0.2.53 or 127.0.0.1:5353")
            return nil
        }
        return endpoint
    }

    private func values(
        _ expect: Section, _ key: String, _ type: DNSCheck.RecordType
    ) -> [String]? {
        guard let value = expect.value(key) else { return nil }
        return (value.items ?? [value]).compactMap { item in
            guard let text = Scalars.text(item, key, limit: 1024, problems) else { return nil }
            switch type {
            case .a, .aaaa:
                guard let address = Endpoints.canonical(text[...]),
                    address.contains(":") == (type == .aaaa)
                else {
                    problems.error(
                        item.place,
                        "'\(printable(text, limit: 60))' is no address of an \(type.rawValue) "
                            + "record",
                        type == .a ? "write it as in 192.0.2.1" : "write it as in 2001:db8::1")
                    return nil
                }
                return address
            case .caa, .cname, .mx, .ns, .ptr, .soa, .srv, .txt: return text
            }
        }
    }
}
