// When watchd is to keep quiet: silences mute pages, maintenance stops action, too.

import ArgumentParser
import WatchCore

struct SilenceCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Mute pages for a while; detection and action go on.",
        discussion: """
            watchctl silence shop --for 1h --reason "load test"
            watchctl silence "shop/5xx storm" --for 1h --reason TICKET-7
            watchctl silence list
            watchctl silence end silence-7

            What is muted is counted and shown; when a silence ends and the incident still stands, \
            it is paged then.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "SERVICE, SERVICE/TRIGGER, list, or end.") var what: String
    @Argument(help: "After end: the silence, for instance silence-7.") var id: String?
    @Option(name: .customLong("for"), help: ArgumentHelp("How long.", valueName: "1h"))
    var duration: String?
    @Option(help: "Recorded, and shown in status.") var reason: String?

    func validate() throws {
        switch what {
        case "list": break
        case "end":
            guard id != nil else {
                throw ValidationError("Which one? watchctl silence list shows them.")
            }
        default: try QuietArguments.check(duration, reason, extra: id)
        }
    }

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        switch what {
        case "list":
            _ = try await session.show(
                apiPath("silences"), as: [QuietStatus].self, QuietRendering.list)
            return .fine
        case "end": return try await session.end(apiPath("silences", id ?? ""))
        default:
            let parts = what.split(separator: "/", maxSplits: 1).map(String.init)
            return try await session.tell(
                apiPath("silences"),
                [
                    "service": optional(parts.first),
                    "trigger": optional(parts.count > 1 ? parts[1] : nil),
                    "for": optional(duration), "reason": optional(reason),
                ])
        }
    }
}

struct MaintenanceCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "maintenance",
        abstract: "Work on a service: nothing is rolled back, nobody is paged, all is recorded.",
        discussion: """
            watchctl maintenance shop --for 2h --reason "database upgrade"
            watchctl maintenance --all --for 30m --reason "new switch"
            watchctl maintenance list
            watchctl maintenance end shop

            A breach that still stands when it ends is paged then, and not rolled back.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "SERVICE, list, or end.") var what: String?
    @Argument(help: "After end: the service.") var service: String?
    @Flag(help: "Every service of this host.") var all = false
    @Option(name: .customLong("for"), help: ArgumentHelp("How long.", valueName: "2h"))
    var duration: String?
    @Option(help: "Recorded, and shown in status.") var reason: String?

    func validate() throws {
        switch what {
        case "list": break
        case "end":
            guard (service != nil) != all else {
                throw ValidationError("End of what? Write a service or --all.")
            }
        default:
            guard (what != nil) != all else {
                throw ValidationError("Maintenance of what? Write a service or --all.")
            }
            try QuietArguments.check(duration, reason, extra: service)
        }
    }

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        switch what {
        case "list":
            _ = try await session.show(
                apiPath("maintenance"), as: [QuietStatus].self, QuietRendering.list)
            return .fine
        case "end":
            return try await session.end(
                service.map { apiPath("maintenance", $0) } ?? apiPath("maintenance"))
        default:
            return try await session.tell(
                apiPath("maintenance"),
                [
                    "service": optional(what), "for": optional(duration),
                    "reason": optional(reason),
                ])
        }
    }
}

private enum QuietArguments {
    static func check(_ duration: String?, _ reason: String?, extra: String?) throws {
        if let extra { throw ValidationError("'\(safe(extra))' is one argument too many.") }
        guard let duration else { throw ValidationError("How long? Write --for 1h.") }
        guard let value = Duration(text: duration), value > .zero else {
            throw ValidationError("--for \(safe(duration)) is no duration; write 30m or 2h.")
        }
        guard reason != nil else { throw ValidationError("Why? Write --reason \"load test\".") }
    }
}

extension Session {
    /// Takes something back; prints the reply's sentence.
    fileprivate func end(_ path: String) async throws(Failure) -> ExitStatus {
        let answer = try await client.delete(path)
        let reply = try client.decode(CommandReply.self, answer)
        if json {
            output.json(answer)
        } else {
            output.lines([Line(safe(reply.message, limit: 1000))], theme)
        }
        return .fine
    }
}
