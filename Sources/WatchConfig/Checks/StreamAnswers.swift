// Whether the lines of a stream can answer what is asked: a log without status has an error rate of
// 0 % for ever, and a rule on it would never fire, whatever burns.

import WatchCore

struct StreamAnswers {
    let check: OperandCheck
    let operand: Operand
    let text: YAMLValue

    private enum Answer {
        case errors, latency
    }

    func check(_ function: SignalFunction, of signal: String) {
        switch function {
        case .errorRate, .successRate, .errors: checkErrors(of: signal)
        case .percentile, .mean, .max: refuse(signal, .latency)
        case .count, .rate: break
        }
    }

    func checkErrors(of signal: String) { refuse(signal, .errors) }

    private func refuse(_ name: String, _ answer: Answer) {
        guard let parts = check.service.parts[name],
            let stream = check.service.configuration.stream(name)
        else { return }
        let tells =
            switch answer {
            case .errors: parts.tellsErrors
            case .latency: parts.tellsLatency
            }
        guard !tells else { return }
        check.problems.error(
            Expressions.place(ofCall: call, in: text),
            "'\(operand.text)' never has an answer: the lines of the stream '\(name)'"
                + "\(check.whose) \(Self.lack(answer))",
            Self.remedy(answer, stream))
    }

    /// The function as it was written.
    private var call: String { String(operand.text.prefix { $0 != "(" }) }

    private static func lack(_ answer: Answer) -> String {
        switch answer {
        case .errors: "do not tell which of them are errors"
        case .latency: "have no latency"
        }
    }

    private static func remedy(_ answer: Answer, _ stream: StreamConfiguration) -> String {
        switch (stream.format, answer) {
        case (.lines, .errors) where stream.hasOuterLevel:
            "add error: level >= error, or a format that says where the status stands"
        case (.lines, .errors):
            "give it a format: that says where the status or the level stands, or count its "
                + "patterns with matches(\(stream.name).PATTERN, W)"
        case (.lines, .latency):
            "give it a format: that says where the latency stands"
        case (.nginx, .latency):
            "add $request_time to the log_format, in nginx and here, or say latency: $VARIABLE"
        case (.nginx, .errors):
            "add $status to the log_format, in nginx and here"
        case (.json, .errors):
            "add status: $.PATH, or level: $.PATH and error: level == error, to the stream"
        case (.json, .latency): "add latency: $.PATH to the stream"
        case (.logfmt, .errors):
            "add status: KEY, or level: KEY and error: level == error, to the stream"
        case (.logfmt, .latency): "add latency: KEY to the stream"
        case (.regex, .errors):
            "name a group status, or a group level and add error: level == error"
        case (.regex, .latency): "name a group latency"
        }
    }
}
