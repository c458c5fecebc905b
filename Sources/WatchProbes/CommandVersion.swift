// The version as a program prints it. It blocks: workers run it.

import WatchCore

struct CommandVersion: Sendable {
    let arguments: [String]
    let output: VersionSource.Output

    func answer(within timeout: Duration, time: any TimeSource) -> VersionReading.Answer {
        let run = CommandRun(arguments: arguments, timeout: timeout, time: time)
        let printed: [UInt8]
        switch run.printed() {
        case .failure(let failure): return .unavailable(failure.message)
        case .success(let bytes): printed = bytes
        }
        let program = printable(arguments.first ?? "")
        guard printed.contains(where: { $0 > 32 }) else {
            return .unavailable("\(program) printed nothing; it must print the version on stdout")
        }
        switch output {
        case .firstLine:
            let line = printed.prefix { $0 != UInt8(ascii: "\n") }
            return .checked(FileVersion.trimmed(String(decoding: line, as: UTF8.self)))
        case .pattern(let pattern): return match(pattern, printed, program)
        case .json(let paths):
            guard let document = JSONValue(body: printed) else {
                return .unavailable("\(program) did not print JSON: '\(excerpt(printed))'")
            }
            return JSONVersion(paths: paths, redactor: Redactor([])).answer(in: document)
        }
    }

    private func match(
        _ pattern: String, _ printed: [UInt8], _ program: String
    ) -> VersionReading.Answer {
        do {
            guard let text = try PatternMatch.first(of: pattern, in: printed) else {
                return .unavailable(
                    "what \(program) printed does not match "
                        + "'\(printable(pattern, limit: 80))': '\(excerpt(printed))'")
            }
            return .checked(text)
        } catch {
            return .unavailable(error.message)
        }
    }

    private func excerpt(_ bytes: [UInt8]) -> String { Redactor([]).excerpt(body: bytes) }
}
