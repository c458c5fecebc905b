// Configuration files, looked at without a daemon.

import ArgumentParser
import WatchCore

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check configuration files.",
        subcommands: [ConfigCheckCommand.self, ConfigSchemaCommand.self])
}

struct ConfigCheckCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say everything that is wrong with the files, together.",
        discussion: "Exits with 1 when there is an error; warnings alone exit with 0.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Also read every secret, as the user who runs this.") var secrets = false
    @Argument(help: "They are read as one configuration.") var files: [String]

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let findings = ConfigurationCheck.findings(files, secrets: secrets)
        let errors = findings.count { $0.isError }
        if session.json {
            session.output.json(try ConfigurationCheck.json(findings))
        } else {
            session.output.lines(
                findings.flatMap { ConfigurationCheck.lines($0) }
                    + [ConfigurationCheck.summary(findings, files: files.count)],
                session.theme)
        }
        return errors == 0 ? .fine : .badNews
    }
}

struct ConfigSchemaCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of the configuration, for editors.")

    @OptionGroup var common: CommonOptions

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let schema = ConfigurationCheck.schema()
        session.output.line(schema.hasSuffix("\n") ? String(schema.dropLast()) : schema)
        return .fine
    }
}
