// Configuration files, looked at without a daemon.

import ArgumentParser
import WatchCore

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check configuration files, and show what holds.",
        subcommands: [
            ConfigCheckCommand.self, ConfigShowCommand.self, ConfigSchemaCommand.self,
        ])
}

struct ConfigCheckCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say everything that is wrong with the files, together.",
        discussion: """
            Of a file the conf.d/*.yaml beside it are read too, as the daemon does it. Exits with \
            1 when there is an error; warnings alone exit with 0. watchd does not start when it \
            cannot read a secret: --secrets tries it as whoever runs this.
            """)

    @OptionGroup var common: CommonOptions
    @Flag(help: "Also read every secret, as the user who runs this.") var secrets = false
    @Argument(help: "Files and directories, read as one configuration.") var files: [String]

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let files = ConfigurationCheck.whole(files)
        let findings = ConfigurationCheck.findings(files, secrets: secrets)
        let errors = findings.count { $0.isError }
        if session.json {
            session.output.json(try ConfigurationCheck.json(findings))
        } else {
            session.output.lines(
                findings.flatMap { ConfigurationCheck.lines($0) }
                    + [
                        ConfigurationCheck.summary(
                            findings, files: files.count,
                            leavesSecrets: !secrets && ConfigurationCheck.namesSecrets(files))
                    ],
                session.theme)
        }
        return errors == 0 ? .fine : .badNews
    }
}

struct ConfigShowCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print what holds: all files as one, and the defaults of what they leave out.",
        discussion: """
            What nobody wrote is marked "# default". Secrets are named and never read; one that \
            was written out is withheld. A daemon that runs has what it read at its last reload. \
            Exits with 1, and says why, when the files are no configuration.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "(default: /etc/watchd/watchd.yaml and conf.d/*.yaml beside it)")
    var files: [String] = []

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let files = ConfigurationCheck.whole(files)
        guard let effective = try ConfigurationCheck.effective(files) else {
            let findings = ConfigurationCheck.findings(files, secrets: false)
            if session.json {
                session.output.json(try ConfigurationCheck.json(findings))
            } else {
                session.output.lines(
                    findings.flatMap { ConfigurationCheck.lines($0) }, session.theme)
            }
            return .badNews
        }
        if session.json {
            session.output.json(effective.json)
        } else {
            session.output.raw(effective.yaml)
        }
        for line in effective.findings.flatMap({ ConfigurationCheck.lines($0) }) {
            session.output.problem(line.text(session.theme))
        }
        return .fine
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
