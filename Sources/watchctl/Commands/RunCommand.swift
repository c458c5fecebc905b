// A deployment or a migration under guard: watchd hears that it begins, which phases it reaches
// and how it ends. What cannot be guarded is not started; what was started is never disturbed, and
// its status is ours, whatever becomes of watchd.

import ArgumentParser
import WatchCore
import WatchSystem

struct RunCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a deployment or a migration as a guarded operation.",
        discussion: """
            A status other than 0, or twice the estimate, is an incident of the service with its \
            rollback plan. COMMAND finds WATCHD_SERVICE and WATCHD_OPERATION in its environment, \
            so that it can say how far it got with: watchctl phase NAME

            Exit status: COMMAND's own (128 and the signal where one ended it, 127 when there is \
            no such program, 126 when it may not be run); 125 when it could not be guarded, and so \
            was not started, or when its status was lost, which is said.
            """)

    /// Whoever is killed with SIGKILL says nothing more: so long after that watchd knows.
    static let lease = Duration.minutes(1)
    private static let beatEvery = Duration.seconds(15)
    /// A watchd that is being restarted is back by then.
    private static let endTries = 10

    @OptionGroup var common: CommonOptions
    @Option(help: "The service it is about.") var service: String
    @Option(help: "How rules call it, as in overrun(deploy) > 2.") var operation = "deploy"
    @Option(help: "How long it ought to take, for instance 30m.") var estimate: String?
    @Option(help: "The release it brings; announced with it.") var release: String?
    @Option(help: "That release's commit.") var commit: String?
    @Argument(parsing: .postTerminator, help: "After --: the program and its arguments.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty {
            throw ValidationError("What is to be run? Write: watchctl run … -- COMMAND ARGUMENTS")
        }
        if let estimate, Duration(text: estimate).map({ $0 <= .zero }) ?? true {
            throw ValidationError("--estimate '\(safe(estimate))' is no duration; write 30m.")
        }
        if commit != nil, release == nil {
            throw ValidationError("--commit alone names no release; add --release VERSION.")
        }
    }

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let (path, status, problem) = GuardedCommand.find(command[0])
        guard let path else { throw Failure(ExitStatus(status), problem) }
        try await begin(session)
        if let signal = Inherited.atStart.pendingEnd {
            await end(nil, session)
            return ExitStatus(128 + signal)
        }
        let guarded: GuardedCommand
        do {
            guarded = try GuardedCommand(path, command, added: variables)
        } catch {
            await end(nil, session)
            throw Failure(
                ExitStatus(GuardedCommand.notRunnable),
                ProgramStart.explanation(of: error, path, name: safe(path)))
        }
        var ended: Int32?
        var beating: Task<Void, Never>?
        for await happening in guarded.follow(beatEvery: Self.beatEvery) {
            switch happening {
            case .beat:
                // One that hangs is answered late or never: the next one must not wait for it.
                beating?.cancel()
                beating = Task { _ = try? await session.client.post(address(of: "beat"), [:]) }
            case .ended(let status): ended = status
            case .lost: break
            }
        }
        beating?.cancel()
        guard let ended else {
            // No end is reported either: watchd then gives it up for lost, and tells people.
            throw Failure(
                .unguarded,
                "\(safe(command[0])) is gone, and its exit status was lost; find out how it ended")
        }
        await end(ended, session)
        return ExitStatus(ended)
    }

    private var variables: [(String, String)] {
        [("WATCHD_SERVICE", service), ("WATCHD_OPERATION", operation)]
            + (common.socket.map { [("WATCHD_SOCKET", $0)] } ?? [])
    }

    private func address(of verb: String) -> String {
        apiPath("services", service, "operations", operation, verb)
    }

    private func begin(_ session: Session) async throws(Failure) {
        do {
            _ = try await session.client.post(
                apiPath("services", service, "operations"),
                [
                    "operation": .string(operation), "estimate": optional(estimate),
                    "lease": .string(Self.lease.text), "version": optional(release),
                    "commit": optional(commit),
                ])
        } catch {
            throw Failure(
                .unguarded, "\(safe(command[0])) was not started: \(error.message)",
                reply: error.reply)
        }
    }

    /// Tries again while nobody answers; then watchd will miss the next report, and page.
    private func end(_ status: Int32?, _ session: Session) async {
        var problem = ""
        for attempt in 1...Self.endTries {
            do throws(Failure) {
                _ = try await session.client.post(
                    address(of: "end"), ["status": status.map { .number(Double($0)) } ?? .null])
                return
            } catch {
                problem = error.message
                if error.reply != nil || attempt == Self.endTries { break }
            }
            try? await Task.sleep(for: .seconds(2))
        }
        session.output.problem("watchctl: watchd does not know that it ended: \(problem)")
    }
}

struct PhaseCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "phase", abstract: "Say which phase the operation has reached.",
        discussion: """
            Said by what runs under `watchctl run`, before the phase begins to change anything: \
            when this ends with 0 it is recorded, and a rollback undoes from here.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The phase, as the plan calls it.") var phase: String
    @Option(help: "Default: $WATCHD_SERVICE.") var service: String?
    @Option(help: "Default: $WATCHD_OPERATION.") var operation: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        guard let service = service ?? Environment["WATCHD_SERVICE"],
            let operation = operation ?? Environment["WATCHD_OPERATION"]
        else {
            throw Failure(
                .usage,
                "of which operation? Run it under `watchctl run`, or write --service and "
                    + "--operation")
        }
        return try await session.tell(
            apiPath("services", service, "operations", operation, "phases"),
            ["phase": .string(phase)])
    }
}
