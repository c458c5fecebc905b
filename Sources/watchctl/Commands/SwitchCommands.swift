// The big switches.

import ArgumentParser
import WatchCore

struct ArmCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "arm", abstract: "Allow automatic rollback, on the host or of one service.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Only this service.") var service: String?
    @Option(help: "Recorded, and shown in status.") var reason: String

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(
            apiPath("arm"), ["service": optional(service), "reason": .string(reason)])
    }
}

struct DisarmCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "disarm",
        abstract: "Forbid automatic rollback; watchd goes on watching and paging.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Only this service.") var service: String?
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Armed again after so long.", valueName: "2h"))
    var duration: String?
    @Option(help: "Recorded, and shown in status.") var reason: String

    func validate() throws {
        guard let duration else { return }
        guard let value = Duration(text: duration), value > .zero else {
            throw ValidationError("--for \(safe(duration)) is no duration; write 30m or 2h.")
        }
    }

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(
            apiPath("disarm"),
            [
                "service": optional(service), "for": optional(duration),
                "reason": .string(reason),
            ])
    }
}

struct ReloadCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Read the configuration anew; a bad one changes nothing.")

    @OptionGroup var common: CommonOptions

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(apiPath("reload"), [:])
    }
}

struct TestChannelCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "test-channel",
        abstract: "Send one test message through a channel, and say what came of it.",
        discussion: """
            The daemon sends it, so what is tested is what would carry a page: its network, its \
            sandbox, its credentials. Exit status: 0 the receiver took it; 1 it did not; 3 there \
            is no such channel, or watchd could not be asked.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "As in channels: of the configuration.") var name: String

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let body = try await session.client.post(apiPath("channels", name, "test"), [:])
        let test = try session.client.decode(ChannelTest.self, body)
        if session.json {
            session.output.json(body)
        } else {
            session.output.lines(
                [
                    Line(
                        (test.sent ? "✔ " : "✖ ") + safe(test.text, limit: 1000),
                        test.sent ? .good : .bad)
                ], session.theme)
        }
        return test.sent ? .fine : .badNews
    }
}
