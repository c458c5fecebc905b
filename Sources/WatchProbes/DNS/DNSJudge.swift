// Whether a name server said what is expected, and if not, in one sentence what it said.

import WatchCore

struct DNSJudge: Sendable {
    let check: DNSCheck

    func complaint(_ answer: DNSAnswer) -> String? {
        let type = check.type.rawValue
        guard answer.code == check.code.number else {
            return "\(check.name): rcode \(Self.name(answer.code)), "
                + "expected \(check.code.rawValue)"
        }
        let found = Set(answer.values.map(plain))
        let shown = printable(answer.values.prefix(5).joined(separator: ", "), limit: 200)
        let more = answer.values.count > 5 ? ", … (\(answer.values.count))" : ""
        if let wanted = check.values, Set(wanted.map(plain)) != found {
            let expected = wanted.isEmpty ? "none" : wanted.joined(separator: ", ")
            return found.isEmpty
                ? "\(check.name) has no \(type) record, expected \(expected)"
                : "\(type) of \(check.name) is \(shown)\(more), expected \(expected)"
        }
        if let missing = check.includes.first(where: { !found.contains(plain($0)) }) {
            return found.isEmpty
                ? "\(check.name) has no \(type) record, expected \(missing)"
                : "\(type) of \(check.name) is \(shown)\(more), expected \(missing) among them"
        }
        if found.isEmpty, check.values == nil, check.code == .noError {
            return "\(check.name) has no \(type) record"
        }
        return nil
    }

    func lines(_ answer: DNSAnswer) -> [String] {
        ["rcode \(Self.name(answer.code))"]
            + answer.aliases.prefix(20).map { "CNAME \($0)" }
            + answer.values.prefix(20).map { "\(check.type.rawValue) \($0)" }
    }

    /// As it is compared: names and addresses in whatever case, texts as they are.
    private func plain(_ value: String) -> String {
        switch check.type {
        case .txt, .caa: value
        case .a, .aaaa, .cname, .mx, .ns, .ptr, .soa, .srv: DNSAnswer.plain(value)
        }
    }

    private static func name(_ code: UInt8) -> String {
        DNSCheck.ResponseCode.allCases.first { $0.number == code }?.rawValue ?? "\(code)"
    }
}
