// What a gate, a step or a check does: a program in the daemon's sandbox, a unit run as root, a
// request, a query; a step also waits, or asks somebody.

import WatchCore

struct ActionReader {
    static let kinds = ["exec", "unit", "http"] + KeyTable.verbs + ["sql", "wait", "manual"]
    /// Which of the other keys a kind has.
    private static let keys: [(key: String, kinds: Set<String>)] = [
        ("with", ["unit"]), ("env", ["exec"]), ("stdin", ["exec"]), ("cwd", ["exec"]),
        ("save", ["exec", "http"]), ("expect", ["exec", "http", "sql"]), ("poll", ["http"]),
        ("database", ["sql"]), ("capture", ["sql"]),
    ]

    let problems: Problems
    let variables: PlanVariables

    /// nil, and a diagnostic, when it does nothing that is known, or several things.
    func read(_ section: Section) -> Action? {
        guard let action = readKind(section) else { return nil }
        checkEvidence(action, section)
        return action
    }

    private func readKind(_ section: Section) -> Action? {
        let known = Self.kinds.filter { section.table.key($0) != nil }
        let given = section.given(known)
        guard let kind = given.first, given.count == 1 else {
            guard given.count > 1 || !section.hadRefused else { return nil }
            problems.error(
                given.count > 1 ? section.keyPlace(given[1]) ?? section.place : section.place,
                given.count > 1
                    ? "\(given.map { "'\($0)'" }.joined(separator: " and ")) are both given"
                    : "\(section.table.what) says what to run",
                given.count > 1
                    ? "keep one of them"
                    : "add unit: NAME, exec: [/path, argument], post: URL or sql: QUERY")
            return nil
        }
        let isRequest = kind == "http" || KeyTable.verbs.contains(kind)
        checkKeys(section, isRequest ? "http" : kind)
        switch kind {
        case "exec": return exec(section)
        case "unit": return unit(section)
        case "sql": return sql(section)
        case "wait":
            return section.optionalDuration("wait", in: .milliseconds(1)...Duration.hours(24))
                .map { .wait($0) }
        case "manual": return manual(section)
        default: return http(section, verb: kind)
        }
    }

    /// It is the path of a file on this host, which is there while something is rolled back.
    private func checkEvidence(_ action: Action, _ section: Section) {
        let name = EngineMode.evidenceVariable
        guard action.templates.contains(where: { $0.variables.contains(name) }) else { return }
        let what = section.table.what
        if what == KeyTable.gate.what || what == KeyTable.assess.what {
            problems.error(
                section.place,
                "${\(name)} has no value here: \(what) is asked before anything is rolled back",
                "ask for it in a step")
        }
        switch action {
        case .exec, .wait: break
        case .manual:
            problems.error(
                section.place, "${\(name)} is the path of a file for programs",
                "write `watchctl incident ${incident}`, which shows a person the same")
        case .unit, .http, .sql:
            problems.error(
                section.place,
                "${\(name)} is the path of a file on this host, which a program reads",
                "hand it to an exec: step; a unit finds the file by its incident, with: "
                    + "\"${incident}\"")
        }
    }

    /// A key of another kind is a misunderstanding.
    private func checkKeys(_ section: Section, _ kind: String) {
        for (key, kinds) in Self.keys where section.table.key(key) != nil {
            guard let place = section.keyPlace(key), !kinds.contains(kind) else { continue }
            let owners = kinds.sorted().joined(separator: ", ")
            problems.error(
                place, "'\(key)' goes with \(owners), and this is '\(kind)'",
                key == "with" ? "write the argument into exec: [ … ]" : "remove '\(key)'")
        }
        guard kind != "http" else { return }
        for key in KeyTable.request.map(\.name) + ["json"] where section.table.key(key) != nil {
            guard let place = section.keyPlace(key) else { continue }
            problems.error(
                place, "'\(key)' goes with a request, and this is '\(kind)'", "remove '\(key)'")
        }
    }

    // MARK: - Programs

    private func exec(_ section: Section) -> Action? {
        let items = section.list("exec")
        guard let program = items.first else {
            if section.value("exec")?.items != nil {
                problems.error(
                    section.place("exec"), "'exec' is empty", "write exec: [/path, argument]")
            }
            return nil
        }
        if let text = program.text, !text.hasPrefix("/") {
            problems.error(
                program.place, "'\(printable(text, limit: 60))' is no absolute path",
                text.contains(" ")
                    ? "write the program and each argument as an item of its own; there is no shell"
                    : "write the whole path, as in /usr/bin/\(printable(text, limit: 40))")
        }
        let arguments = items.compactMap { item -> Template? in
            guard item.text != nil, !(item.isNull) else {
                problems.error(
                    item.place, "an argument is one value, this is \(item.kindName)",
                    "quote it if it begins with [, { or is empty")
                return nil
            }
            return argument(item)
        }
        let settings = settings(section)
        return arguments.count == items.count ? .exec(arguments, settings) : nil
    }

    private func argument(_ value: YAMLValue) -> Template? {
        guard let template = Templates.template(value, .plan(variables), problems) else {
            return nil
        }
        guard let secret = template.secrets.first else { return template }
        problems.error(
            Templates.place(of: secret.description, in: value),
            "a secret as an argument would be visible to everybody in ps",
            "hand it over in env: { NAME: \"\(secret.description)\" } or stdin:")
        return nil
    }

    /// nil: nothing but the program itself.
    private func settings(_ section: Section) -> ProgramSettings? {
        var settings = ProgramSettings()
        guard section.table.key("env") != nil else { return nil }
        let reader = ExecProbeReader(problems)
        settings.environment = reader.environment(section, .plan(variables))
        for variable in settings.environment where variable.name.hasPrefix("WATCHD_") {
            problems.error(
                section.keyPlace("env") ?? section.place,
                "'\(variable.name)' is set by watchd itself", "call it something else")
        }
        settings.input = section.template("stdin", .plan(variables))
        settings.directory = section.template("cwd", .plan(variables))
        if let directory = settings.directory, !directory.source.hasPrefix("/") {
            problems.error(
                section.place("cwd"), "'cwd' is no absolute path", "write it from / on")
        }
        if let expect = section.value("expect").flatMap({
            Section($0, .execExpectation, problems)
        }) {
            settings.exit = reader.statuses(expect)
            settings.json = expect.named("json").compactMap(
                ComparisonReader(problems, .plan(variables)).field)
            expect.checkExpectedTexts(.plan(variables))
            settings.contains = expect.text("contains")
            settings.matches = expect.pattern("matches")
            if section.table.what == KeyTable.gate.what, let place = expect.keyPlace("exit") {
                problems.error(
                    place,
                    "the exit statuses of a gate have their meaning already: 0 go, 10 blocked, "
                        + "11 forward fix, 12 consult", "remove 'exit'")
            }
        }
        settings.saves = saves(section, .savedOutput)
        return settings == ProgramSettings() ? nil : settings
    }

    private func unit(_ section: Section) -> Action? {
        guard let name = section.text("unit") else { return nil }
        Names.checkPlain(name, "a unit", section.place("unit"), problems)
        guard let value = section.value("with") else { return .unit(name: name, with: nil) }
        guard section.text("with", limit: 512) != nil, let template = argument(value) else {
            return nil
        }
        for case .literal(let text) in template.parts
        where !text.utf8.allSatisfy({ Names.isUnitArgument($0) }) {
            problems.error(
                value.place,
                "'\(printable(text, limit: 40))' cannot be part of a unit's argument",
                "use letters, digits, '.', '_', '+' and '-' only")
            return nil
        }
        return .unit(name: name, with: template)
    }

    // MARK: - Requests

    private func http(_ given: Section, verb: String) -> Action? {
        var section = given
        section.variables = .plan(variables)
        let request = section.request(bodyAsJSON: "json", verb: verb == "http" ? nil : verb)
        let expectation = section.value("expect").flatMap(
            HTTPExpectationReader(problems, .plan(variables)).read)
        let saves = saves(section, .saved)
        let isQuestion = section.table.key("poll") == nil
        let before = variables.known
        // The poll may use what the request has answered.
        variables.add(saved: saves.map(\.name), captured: [])
        let poll = isQuestion ? nil : section.value("poll").flatMap(poll)
        variables.known = before
        guard let request else { return nil }
        if section.onlyLooks { checkThatItOnlyLooks(request, verb, section) }
        if !["GET", "HEAD"].contains(request.method), let place = section.keyPlace("redirects") {
            problems.error(
                place,
                "a \(request.method) follows no redirect: what does something is not done "
                    + "elsewhere because an answer says so",
                "remove 'redirects', and write the URL of the place where it is done")
        }
        var call = HTTPCall(
            request: request, expectation: expectation ?? HTTPExpectation(), poll: poll)
        call.saves = saves
        return .http(call)
    }

    /// They are asked at any time: gates every ten minutes, a check after any crash.
    private func checkThatItOnlyLooks(
        _ request: HTTPRequestSpec, _ verb: String, _ section: Section
    ) {
        guard !request.isReading else { return }
        let place = section.keyPlace(section.has("method") ? "method" : verb) ?? section.place
        let what = section.table.what
        guard request.method == "POST" else {
            problems.error(
                place, "\(what) only looks, and a \(request.method) changes something",
                "write get: URL; what changes something is a step")
            return
        }
        // Some questions cannot be asked otherwise: GraphQL, searches.
        problems.warning(
            place,
            "\(what) only looks, and is asked again and again; a POST may change something each "
                + "time",
            "keep it if it is a mere query, as of GraphQL; else write get: URL")
    }

    private func poll(_ value: YAMLValue) -> HTTPCall.Poll? {
        guard var section = Section(value, .poll, problems) else { return nil }
        section.variables = .plan(variables)
        let reader = HTTPExpectationReader(problems, .plan(variables))
        let until = section.value("until").flatMap(reader.read)
        let failed = section.value("failed").flatMap(reader.read)
        let every = section.duration(
            "every", .seconds(5), in: .milliseconds(100)...Duration.hours(1))
        let saves = saves(section, .saved)
        let verbs = section.given(["http"] + KeyTable.verbs)
        guard let verb = verbs.first, verbs.count == 1 else {
            if verbs.isEmpty, section.hadRefused { return nil }
            problems.error(
                section.place, "a poll asks one request", "write get: URL")
            return nil
        }
        guard
            let request = section.request(bodyAsJSON: "json", verb: verb == "http" ? nil : verb),
            let until
        else { return nil }
        var poll = HTTPCall.Poll(request: request, every: every, until: until, failed: failed)
        poll.saves = saves
        return poll
    }

    private func saves(_ section: Section, _ table: KeyTable) -> [JourneyCheck.Saved] {
        guard section.table.key("save") != nil else { return [] }
        return section.named("save").compactMap { entry in
            if ["service", "incident", "rollback", EngineMode.evidenceVariable].contains(entry.key)
            {
                problems.error(
                    entry.keyPlace, "'\(entry.key)' has a value already",
                    "call what is saved something else")
            }
            return SavedReader(problems, table).read(entry)
        }
    }

    // MARK: - Queries

    private func sql(_ section: Section) -> Action? {
        guard let text = section.template("sql", .plan(variables)) else { return nil }
        if let secret = text.secrets.first, let value = section.value("sql") {
            problems.error(
                Templates.place(of: secret.description, in: value),
                "a secret in a query would stand in the log of the database",
                "let the database keep it")
        }
        let connection = section.template("database", .none)
        if let connection { check(connection, section.place("database")) }
        var query = SQLQuery(connection: connection, text: text)
        if section.onlyLooks { query.onlyReads = true }
        // A check answers yes or no: nothing is kept of it.
        if section.table.key("capture") != nil {
            query.capture = section.text("capture", limit: 64)
        }
        if let name = query.capture {
            Names.checkSignal(name, "what is captured", section.place("capture"), problems)
        }
        if let expect = section.value("expect") { query.expectation = expectation(expect) }
        return .sql(query)
    }

    private func check(_ connection: Template, _ place: Place) {
        guard case .literal(let text)? = connection.parts.first else { return }
        guard text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") else {
            problems.error(
                place, "'database' is no URL of PostgreSQL",
                "write postgresql://USER@HOST/DATABASE, or \"${credential:NAME}\" that holds one")
            return
        }
        let rest = text[(text.firstRange(of: "://")?.upperBound ?? text.startIndex)...]
        guard let at = rest.firstIndex(of: "@"), let colon = rest[..<at].firstIndex(of: ":"),
            rest.index(after: colon) < at
        else { return }
        problems.error(
            place, "a password is not written in this file",
            "write postgresql://USER:${credential:NAME}@HOST/DATABASE")
        problems.hide(String(rest[rest.index(after: colon)..<at]), at: place)
    }

    private func expectation(_ value: YAMLValue) -> SQLQuery.Expectation {
        if value.entries != nil {
            guard let section = Section(value, .sameResult, problems),
                let name = section.text("same_as", limit: 64)
            else { return .any }
            if !variables.known.captured.contains(name) {
                let known = variables.known.captured.sorted()
                problems.error(
                    section.place("same_as"),
                    "no step before this one captures '\(printable(name, limit: 60))'",
                    known.isEmpty
                        ? "add capture: \(printable(name, limit: 40)) to a sql step of 'before'"
                        : "captured before it: \(known.joined(separator: ", "))")
            }
            return .same(as: name)
        }
        if let items = value.items {
            items.forEach(ExpectedTexts(problems: problems, variables: .plan(variables)).check)
            return .rows(items.compactMap { Scalars.text($0, "expect", limit: 4096, problems) })
        }
        return ComparisonReader(problems, .plan(variables)).json(value).map { .value($0) } ?? .any
    }

    // MARK: - People

    private func manual(_ section: Section) -> Action? {
        guard let text = section.template("manual", .plan(variables)) else { return nil }
        if let secret = text.secrets.first, let value = section.value("manual") {
            problems.error(
                Templates.place(of: secret.description, in: value),
                "a secret would be sent to chat", "say where it is kept instead")
            return nil
        }
        return .manual(text)
    }
}
