// An exec probe: the program, what it is given, and what its end must be.

import WatchCore

struct ExecProbeReader {
    private let problems: Problems

    init(_ problems: Problems) { self.problems = problems }

    func read(_ section: Section) -> ProbeConfiguration.Kind? {
        let arguments = ProgramReader(problems).arguments(section, "exec")
        var check = ExecCheck(arguments ?? [])
        check.environment = environment(section, .none)
        check.isPlugin = section.boolean("nagios", false)
        if let expect = section.value("expect").flatMap({
            Section($0, .execExpectation, problems)
        }) {
            check.exit = statuses(expect)
            check.json = expect.named("json").compactMap(ComparisonReader(problems).field)
            expect.checkExpectedTexts(.none)
            check.contains = expect.text("contains")
            check.matches = expect.pattern("matches")
            if check.isPlugin, let place = expect.keyPlace("exit") {
                problems.error(
                    place, "the exit statuses of a plugin have their meaning already",
                    "remove 'exit', or 'nagios: true'")
            }
        }
        return arguments == nil ? nil : .exec(check)
    }

    func statuses(_ expect: Section) -> [Int] {
        guard let value = expect.value("exit") else { return [] }
        if let items = value.items, items.isEmpty {
            problems.error(value.place, "'exit' is an empty list", "write 0, or [0, 2]")
        }
        return (value.items ?? [value]).compactMap {
            Scalars.integer($0, "exit", 0...255, problems)
        }
    }

    func environment(
        _ section: Section, _ variables: Templates.Variables
    ) -> [ExecCheck.Variable] {
        section.named("env").compactMap { entry in
            guard Self.isVariable(entry.key) else {
                problems.error(
                    entry.keyPlace,
                    "'\(printable(entry.key, limit: 60))' cannot be a variable of the environment",
                    "use letters, digits and '_', as in PGPASSWORD")
                return nil
            }
            guard Scalars.text(entry.value, entry.key, limit: 4096, problems) != nil,
                let value = Templates.template(entry.value, variables, problems)
            else { return nil }
            guard !value.source.utf8.contains(0) else {
                problems.error(entry.value.place, "it has a NUL in it", "remove that")
                return nil
            }
            return ExecCheck.Variable(name: entry.key, value: value)
        }
    }

    /// POSIX.1-2017, 8.1, but for small letters, which others use.
    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first), name.utf8.count <= 200 else {
            return false
        }
        return name.utf8.allSatisfy {
            (65...90).contains($0) || (97...122).contains($0) || (48...57).contains($0) || $0 == 95
        }
    }
}
