// `watchctl stream`: a log through a stream's rules, to see what they make of it before they judge
// a release.

import ArgumentParser
import WatchCore
import WatchReplay
import WatchSystem

struct StreamCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "What the rules of a stream make of a log, and which lines they cannot read.",
        discussion: """
            Reads a log to its end with the format, filters and patterns of a configured stream, \
            wherever that stream itself reads from.

              watchctl stream shop/access --config watchd.yaml --input access.log.1.gz

            PATH may be gzip; '-' is standard input. Late lines are those further behind the \
            newest one than any rule looks back. Exit status 0, also when lines did not parse; 3 \
            when the log could not be read, or only in part.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: ArgumentHelp("The stream.", valueName: "service/stream")) var name: String
    @Option(help: "Configuration file; may be given again.") var config: [String] = []
    @Option(help: ArgumentHelp("The log.", valueName: "path")) var input: String

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let configuration = try ConfigurationCheck.load(config, for: "stream")
        let report: StreamReport
        let stream: StreamConfiguration
        do {
            let found = try ReplayRequest.stream(name, in: configuration)
            stream = found.stream
            report = try StreamReport(
                of: input, stream,
                window: configuration.widestWindow(
                    service: found.service.name, stream: stream.name))
        } catch {
            throw Failure(error)
        }
        if session.json {
            do {
                session.output.json(try WireJSON.encode(report))
            } catch {
                throw Failure(.unknown, "the report cannot be written as JSON")
            }
        } else {
            session.output.lines(
                StreamRendering(
                    name: name, input: input, stream: stream, report: report, theme: session.theme
                ).lines, session.theme)
        }
        guard let problem = report.problem else { return .fine }
        session.output.problem("watchctl: \(safe(problem.sentence, limit: 1000))")
        return .unknown
    }
}
