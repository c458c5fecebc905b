// Answers to an incident, and opening one.

import ArgumentParser
import WatchCore

struct AckCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Say that you look after an incident.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The incident, for instance shop-17.") var id: String
    @Option(help: "Recorded with it.") var comment: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(apiPath("incidents", id, "ack"), ["comment": optional(comment)])
    }
}

struct ResolveCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Close an incident.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The incident, for instance shop-17.") var id: String
    @Option(help: "Recorded with it.") var comment: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(
            apiPath("incidents", id, "resolve"), ["comment": optional(comment)])
    }
}

struct FalseAlarmCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "false-alarm", abstract: "Mark an incident as a false alarm.",
        discussion: "A release that was called bad because of it no longer is.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The incident, for instance shop-17.") var id: String
    @Option(help: "Recorded with it.") var comment: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(
            apiPath("incidents", id, "false-alarm"), ["comment": optional(comment)])
    }
}

struct ApproveCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Approve the rollback that an incident offers.",
        discussion: """
            `watchctl incident ID` shows what would run, what it may lose and who may approve it. \
            A method that can lose data takes an approval of its own, by its name. Waits until the \
            gates have answered. Exit status: 0 it has begun, or waits for a second approval; 4 \
            something forbids it, a gate for instance, and nothing was touched.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The incident, for instance shop-17.") var id: String
    @Option(help: "Only this method; needed for one that can lose data.") var method: String?
    @Option(help: "Recorded with it.") var comment: String?
    @Flag(help: "Do not wait for what the gates say: 0 when they are being asked.")
    var noWait = false

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tellAndWait(
            apiPath("incidents", id, "approve"),
            ["method": optional(method), "comment": optional(comment)], waits: !noWait)
    }
}

struct DenyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "deny", abstract: "Refuse the rollback that an incident offers.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The incident, for instance shop-17.") var id: String
    @Option(help: "Recorded with it.") var comment: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(apiPath("incidents", id, "deny"), ["comment": optional(comment)])
    }
}

struct HoldCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Delay the rollback of an incident, once.",
        discussion: "A hotfix is on its way. When the time is over it is decided anew.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The incident, for instance shop-17.") var id: String
    @Option(name: .customLong("for"), help: "How long, for instance 5m.") var time: String
    @Option(help: "Recorded with it.") var comment: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(
            apiPath("incidents", id, "hold"),
            ["for": .string(time), "comment": optional(comment)])
    }
}

struct DeclareCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "declare", abstract: "Open an incident yourself.")

    @OptionGroup var common: CommonOptions
    @Argument var service: String
    @Option(help: "critical, high, medium or low.", transform: readSeverity) var severity: Severity
    @Option(help: "What is wrong; it goes into the page.") var reason: String

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        try await session.tell(
            apiPath("services", service, "incidents"),
            ["severity": .string(severity.rawValue), "reason": .string(reason)])
    }
}

private func readSeverity(_ text: String) throws -> Severity {
    guard let severity = Severity(rawValue: text) else {
        throw ValidationError("'\(safe(text))' is none of critical, high, medium, low.")
    }
    return severity
}
