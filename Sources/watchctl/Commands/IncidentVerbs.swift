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
