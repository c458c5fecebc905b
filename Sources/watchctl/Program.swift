// From arguments to an exit status. ArgumentParser's own statuses are not the contract's, so they
// are translated here and nowhere else.

import ArgumentParser
import WatchCore

/// The exit statuses that scripts rely on (DESIGN §6).
struct ExitStatus: Hashable, Sendable {
    static let fine = ExitStatus(0)
    /// The answer is bad news.
    static let badNews = ExitStatus(1)
    static let usage = ExitStatus(2)
    /// Could not find out.
    static let unknown = ExitStatus(3)
    /// No permission, or a gate.
    static let refused = ExitStatus(4)
    /// `run`: the command could not be guarded, so it was not started.
    static let unguarded = ExitStatus(125)

    let rawValue: Int32

    init(_ rawValue: Int32) { self.rawValue = rawValue }
}

struct Root: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watchctl",
        abstract: "Ask and tell watchd, which guards released services.",
        discussion: """
            Exit status: 0 fine, 1 the answer is bad news, 2 usage, 3 could not find out, \
            4 refused. `watchctl --version` prints the version.
            """,
        subcommands: [
            StatusCommand.self, IncidentsCommand.self, IncidentCommand.self,
            ExplainCommand.self, EventsCommand.self, DeliveriesCommand.self,
            ReleasesCommand.self, AckCommand.self, ApproveCommand.self,
            DenyCommand.self, HoldCommand.self, ResolveCommand.self, FalseAlarmCommand.self,
            DeclareCommand.self, RollbackCommand.self, DrillCommand.self, AbortCommand.self,
            StepDoneCommand.self, DeployCommand.self, ReportCommand.self, DoctorCommand.self,
            RunCommand.self,
            PhaseCommand.self, WaitCommand.self,
            ArmCommand.self, DisarmCommand.self, SilenceCommand.self, MaintenanceCommand.self,
            ReloadCommand.self, ConfigCommand.self, ProbeCommand.self, ReplayCommand.self,
            StreamCommand.self,
            TestChannelCommand.self,
        ])
}

enum Program {
    static func run(_ arguments: [String]) async -> ExitStatus {
        let output = Output()
        // By hand: ArgumentParser would take `deploy --version V` for it.
        if arguments == ["--version"] {
            output.line("watchctl \(Product.version)")
            return .fine
        }
        let command: any ParsableCommand
        do {
            command = try Root.parseAsRoot(arguments)
        } catch {
            let text = Root.fullMessage(for: error)
            if Root.exitCode(for: error) == .success {
                output.line(text)
                return .fine
            }
            output.problem(text)
            return .usage
        }
        guard let verb = command as? any Verb else { return noVerb(command, output) }
        return await run(verb, output)
    }

    /// `help` is a command too; a group without its verb is a mistake.
    private static func noVerb(_ command: any ParsableCommand, _ output: Output) -> ExitStatus {
        var command = command
        guard command is Root || command is ConfigCommand else {
            do {
                try command.run()
            } catch {
                output.line(Root.fullMessage(for: error))
            }
            return .fine
        }
        output.problem(type(of: command).helpMessage())
        return .usage
    }

    private static func run(_ verb: any Verb, _ output: Output) async -> ExitStatus {
        do {
            return try await verb.perform(Session(verb.common, output: output))
        } catch {
            if verb.common.json, let reply = error.reply { output.json(reply) }
            output.problem("watchctl: \(error.message)")
            return error.status
        }
    }
}
