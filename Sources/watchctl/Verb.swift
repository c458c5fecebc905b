// What every command has: its common options, and a way to be done.

import ArgumentParser
import WatchCore
import WatchSystem

protocol Verb: ParsableCommand {
    var common: CommonOptions { get }
    func perform(_ session: Session) async throws(Failure) -> ExitStatus
}

struct CommonOptions: ParsableArguments {
    @Flag(help: "Print JSON, as the daemon's socket gives it.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "The daemon's socket (default: $WATCHD_SOCKET, else \(Session.defaultSocket)).",
            valueName: "path"))
    var socket: String?

    @Flag(name: .customLong("no-color"), help: "No colours (also: NO_COLOR set).")
    var noColor = false
}

/// What a command works with.
struct Session: Sendable {
    static let defaultSocket = "/run/watchd/watchd.sock"

    let client: ControlClient
    let output: Output
    let json: Bool
    let theme: Theme

    init(_ options: CommonOptions, output: Output) {
        let path = options.socket ?? Environment["WATCHD_SOCKET"] ?? Self.defaultSocket
        client = ControlClient(transport: UnixSocketTransport(path: path))
        self.output = output
        json = options.json
        let colour = output.isTerminal && !options.noColor && Environment["NO_COLOR"] == nil
        theme = Theme(
            width: output.width, isTerminal: output.isTerminal, colour: colour,
            now: SystemTime().now().wall)
    }

    /// Asks for `path`; prints the body itself with `--json`, else what `render` makes of it.
    func show<Value: Decodable>(
        _ path: String, as type: Value.Type, _ render: (Value, Theme) -> [Line]
    ) async throws(Failure) -> Value {
        let body = try await client.get(path)
        let value = try client.decode(type, body)
        if json {
            output.json(body)
        } else {
            output.lines(render(value, theme), theme)
        }
        return value
    }

    /// Posts a command; prints the reply's sentence.
    func tell(
        _ path: String, _ body: [String: JSONValue], _ more: (CommandReply) -> [Line] = { _ in [] }
    ) async throws(Failure) -> ExitStatus {
        let answer = try await client.post(path, body)
        show(try client.decode(CommandReply.self, answer), answer, more)
        return .fine
    }

    /// Posts what changes nothing until the daemon has said all of it. What would be refused is an
    /// exit status, too.
    func tellDry(_ path: String, _ body: [String: JSONValue]) async throws(Failure) -> ExitStatus {
        while true {
            let answer = try await client.post(path, body)
            let reply = try client.decode(CommandReply.self, answer)
            if reply.pending == nil {
                show(reply, answer) { plan($0) }
                return reply.reason == nil ? .fine : .refused
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Whole: a line that is cut does not say what would run.
    func plan(_ reply: CommandReply) -> [Line] {
        (reply.plan ?? []).map { Line("  \(safe($0, limit: 100_000))", overflow: .whole) }
    }

    private func show(
        _ reply: CommandReply, _ answer: [UInt8], _ more: (CommandReply) -> [Line]
    ) {
        if json {
            output.json(answer)
        } else {
            // Warnings of a reload come with it, a line each.
            let lines = reply.message.split(separator: "\n", omittingEmptySubsequences: false)
            output.lines(
                lines.prefix(1000).map { Line(safe($0, limit: 1000)) } + more(reply), theme)
        }
    }
}

/// Text that is only sent where it was given.
func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
