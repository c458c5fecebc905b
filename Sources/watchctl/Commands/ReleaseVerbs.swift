// Deployments, rollbacks, and what is thought of releases.

import ArgumentParser
import WatchCore
import WatchSystem

struct RollbackCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Roll a service back, now or at a time.",
        discussion: """
            Waits until the gates have answered. Exit status: 0 it has begun; 4 something forbids \
            it, a gate for instance, and nothing was touched; 3 nobody could be asked.
            """)

    @OptionGroup var common: CommonOptions
    @Argument var service: String
    @Option(help: "The release to go back to (default: the last known good).") var to: String?
    @Option(help: "Recorded, and told to people.") var reason: String?
    @Flag(help: "Only ask the gates, and say what would be done.") var dryRun = false
    @Option(
        help: ArgumentHelp(
            "Later: 02:00 (the next, in local time) or 2026-12-01T02:00:00Z; decided anew then.",
            valueName: "time"),
        transform: ClockTime.read)
    var at: WallTime?
    @Flag(help: "Go on though a gate says no; it is recorded.") var force = false
    @Flag(help: "Do not wait for what the gates say: 0 when they are being asked.")
    var noWait = false

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let path = apiPath("services", service, "rollback")
        let body: [String: JSONValue] = [
            "to": optional(to), "reason": optional(reason), "dry_run": .bool(dryRun),
            "force": .bool(force), "at": optional(at?.text),
        ]
        if dryRun { return try await session.tellDry(path, body) }
        // One that is for later has no gates to answer now.
        return try await session.tellAndWait(
            path, body, waits: at == nil && !noWait, follows: at == nil)
    }
}

struct AbortCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "Stop a rollback before its next step, or take back one that was scheduled.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The rollback, for instance shop-17-r1.") var id: String
    @Option(help: "Recorded with it.") var reason: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(apiPath("rollbacks", id, "abort"), ["reason": optional(reason)])
    }
}

struct StepDoneCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "step-done",
        abstract: "Say that the step that somebody was told to do is done.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The rollback, for instance shop-17-r1.") var id: String
    @Flag(help: "It cannot be done: the plan goes on as after any step that failed.")
    var failed = false
    @Option(
        help: ArgumentHelp(
            "Which step, as the message named it; else the one that is waited for.",
            valueName: "m0s1t1"))
    var step: String?
    @Option(help: "Recorded with it.") var comment: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(
            apiPath("rollbacks", id, "step-done"),
            ["failed": .bool(failed), "comment": optional(comment), "step": optional(step)])
    }
}

struct DeployCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "deploy", abstract: "Announce a deployment.")

    @OptionGroup var common: CommonOptions
    @Argument var service: String
    @Option var version: String
    @Option var commit: String?
    @Option(
        name: .customLong("field"),
        help: ArgumentHelp("A variable for plans and messages; may be repeated.", valueName: "k=v"))
    var fields: [String] = []

    func validate() throws {
        for field in fields where Self.pair(field) == nil {
            throw ValidationError("--field \(safe(field)): write NAME=VALUE.")
        }
    }

    private static func pair(_ text: String) -> (String, String)? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        var values: [String: JSONValue] = [:]
        for (name, value) in fields.compactMap(Self.pair) { values[name] = .string(value) }
        return try await session.tell(
            apiPath("services", service, "deploys"),
            [
                "version": .string(version), "commit": optional(commit),
                "fields": values.isEmpty ? .null : .object(values),
            ])
    }
}

struct ReleasesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "releases", abstract: "What ran, and what is thought of it.",
        subcommands: [ReleasesListCommand.self, MarkGoodCommand.self, MarkBadCommand.self],
        defaultSubcommand: ReleasesListCommand.self)
}

struct ReleasesListCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The releases of all services, or of one.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Only of this service.") var service: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        _ = try await session.show(
            apiPath("releases") + queryString([("service", service)]), as: [ReleaseList].self,
            ListRendering.releases)
        return .fine
    }
}

struct MarkOptions: ParsableArguments {
    @Argument var version: String
    @Option(help: "May be left out when one service only ran the version.") var service: String?
    @Option(help: "Recorded with it.") var reason: String?

    func mark(_ standing: Standing, _ session: Session) async throws(Failure) -> ExitStatus {
        let path =
            if let service {
                apiPath("releases", service, version, standing.rawValue)
            } else {
                apiPath("releases", version, standing.rawValue)
            }
        return try await session.tell(path, ["reason": optional(reason)])
    }
}

struct MarkGoodCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "mark-good", abstract: "A release may be rolled back to.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: MarkOptions

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await options.mark(.good, session)
    }
}

struct MarkBadCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "mark-bad", abstract: "A release may never be rolled back to.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: MarkOptions

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await options.mark(.bad, session)
    }
}
