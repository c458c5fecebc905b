// A unit probe: which unit, and how it must be found.

import WatchCore

struct UnitProbeReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        let name = name(section)
        var check = UnitCheck(name ?? "")
        if let expect = section.value("expect").flatMap({
            Section($0, .unitExpectation, problems)
        }) {
            check.states = states(expect)
            check.memoryBelow = bound(expect, "memory", "< 1.5GiB", "a size", ByteCount.bytes)
            check.cpuBelow = bound(expect, "cpu", "< 90%", "a percentage of a core") { text in
                guard text.hasSuffix("%") else { return nil }
                return ByteCount.bytes(text.dropLast()).map { $0 / 100 }
            }
        }
        return name == nil ? nil : .unit(check)
    }

    /// Unit names are those of systemd.unit(5); without a suffix a service is meant, as systemctl
    /// has it.
    private func name(_ section: Section) -> String? {
        guard let text = section.text("unit", limit: 255) else { return nil }
        let isGood = text.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                || ":-_.\\@".utf8.contains($0)
        }
        guard isGood, !text.hasPrefix(".") else {
            problems.error(
                section.place("unit"), "'\(printable(text, limit: 60))' is no name of a unit",
                "write it as systemctl shows it, as in shop.service")
            return nil
        }
        let suffix = text.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
        guard text.contains("."), Self.suffixes.contains(String(suffix)) else {
            return text + ".service"
        }
        guard !text.hasSuffix("@.\(suffix)") else {
            problems.error(
                section.place("unit"), "'\(text)' is a template, of which nothing runs",
                "name one of its units, as in \(text.dropLast(suffix.count + 1))1.\(suffix)")
            return nil
        }
        return text
    }

    private static let suffixes: Set<String> = [
        "service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer",
        "slice", "scope",
    ]

    private func states(_ expect: Section) -> [UnitCheck.State] {
        guard let value = expect.value("state") else { return [] }
        let items = value.items ?? [value]
        if items.isEmpty {
            problems.error(value.place, "'state' is an empty list", "write active")
        }
        return items.compactMap { item in
            let all = UnitCheck.State.allCases.map(\.rawValue)
            let text = item.text ?? item.kindName
            if let state = UnitCheck.State(rawValue: text) { return state }
            problems.error(
                item.place, "'\(printable(text, limit: 40))' is no state of a unit",
                Suggestion.nearest(to: text, among: all).map { "did you mean '\($0)'?" }
                    ?? "write one of \(all.joined(separator: ", "))")
            return nil
        }
    }

    /// Only less can be wanted of what is used.
    private func bound(
        _ expect: Section, _ key: String, _ example: String, _ what: String,
        _ read: (Substring) -> Double?
    ) -> Double? {
        guard let text = expect.text(key, limit: 40) else { return nil }
        let rest = text.dropFirst().drop { $0 == " " }
        guard text.hasPrefix("<"), !text.hasPrefix("<="), let limit = read(rest), limit > 0 else {
            problems.error(
                expect.place(key), "'\(printable(text, limit: 40))' is no bound on \(what)",
                "write it as in \(key): \"\(example)\"")
            return nil
        }
        return limit
    }
}
