// The report of an incident, and what the daemon finds when it looks around.

import ArgumentParser
import WatchCore

struct ReportCommand: Verb {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case md, html, json
    }

    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write the report of an incident.",
        discussion: "HTML is one file that asks nobody for anything; --json is --format json.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The incident, for instance shop-17.") var id: String
    @Option(help: "md, html or json.") var format = Format.md

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let format = session.json ? .json : format
        let body = try await session.client.get(
            apiPath("incidents", id, "report") + queryString([("format", format.rawValue)]))
        switch format {
        case .json: session.output.json(body)
        // Made printable by the daemon, line by line.
        case .md, .html: session.output.raw(String(decoding: body, as: UTF8.self))
        }
        return .fine
    }
}

struct DoctorCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Would a rollback find all that it needs?",
        discussion: """
            The daemon looks, from inside its own sandbox: programs, scripts of unit steps, \
            systemd and polkit, secrets, signals, groups, hosts of requests and channels. Nothing \
            is run and no message is sent. Exit status 1 when something is missing.
            """)

    @OptionGroup var common: CommonOptions
    @Flag(help: "Only what is wrong.") var quiet = false

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let report = try await session.show(apiPath("doctor"), as: DoctorReport.self) {
            DoctorRendering.lines($0, onlyProblems: quiet, $1)
        }
        return report.isHealthy ? .fine : .badNews
    }
}
