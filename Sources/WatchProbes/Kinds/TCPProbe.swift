// The probe kind `tcp`: connects, says what is to be said, and listens until the expected was
// heard, the bound is reached, the other side hangs up or the time is over.

import WatchCore
import WatchHTTP

struct TCPProbe: Sendable {
    let client: HTTPClient
    let requests: RequestBuilder
    let time: any TimeSource

    func run(_ check: TCPCheck, _ run: ProbeRun) async -> ProbeReport {
        var report = ProbeReport(started: time.now().boot, run)
        report.result.host = OtherHost.name(check.endpoint.host)
        await ask(check, run, &report)
        report.result.took = time.now().boot - report.result.started
        return report
    }

    private func ask(_ check: TCPCheck, _ run: ProbeRun, _ report: inout ProbeReport) async {
        let expected: Expected
        let filled: RequestBuilder.Filling
        let send: String
        do throws(RequestBuilder.Failure) {
            let templates: [Template] = if let send = check.send { [send] } else { [] }
            filled = try await requests.filling(
                templates, for: "tcp \(check.endpoint)", run.timeout)
            if let template = check.send { send = try filled.text(template) } else { send = "" }
            expected = try Expected(check)
        } catch {
            report.result.outcome = .error(error.message)
            return
        }
        var request = HTTPRequest(
            url: "http://\(check.endpoint)/", timeout: run.timeout, reuse: .nothing)
        request.connectOnly = true
        var exchange = Exchange(send: Array(send.utf8), limit: check.maxBytes)
        if !expected.isEmpty { exchange.isEnough = { expected.isMet(by: $0) } }
        switch await client.converse(request, exchange) {
        case .failure(let failure): report.note(failure, filled.redactor)
        case .success(let response):
            report.note(response)
            judge(response, expected, filled.redactor, check, &report)
            guard run.isTraced else { return }
            if !send.isEmpty { report.trace.asked = [filled.redactor.redact(send)] }
            if !response.body.isEmpty {
                report.trace.answered = [filled.redactor.excerpt(body: response.body)]
            }
        }
    }

    private func judge(
        _ response: HTTPResponse, _ expected: Expected, _ redactor: Redactor, _ check: TCPCheck,
        _ report: inout ProbeReport
    ) {
        do {
            guard response.end != .enough else { return }
            let heard =
                response.body.isEmpty
                ? "nothing was heard" : "heard '\(redactor.excerpt(body: response.body))'"
            let missing = try expected.missing(in: response.body, redactor)
            let bytes = "\(response.body.count) byte\(response.body.count == 1 ? "" : "s")"
            let cause =
                switch response.end {
                case .closed: "the connection was closed after \(bytes)"
                case .full: "\(bytes) were read, as many as 'max_bytes' allows"
                case .timedOut, .enough, nil: "the time was up after \(bytes)"
                }
            report.result.timedOut = response.end == .timedOut
            report.trace.failedIn = response.body.isEmpty ? .firstByte : .body
            report.result.outcome = .fail(
                "\(check.endpoint): \(cause)\(missing); \(heard)")
            report.result.body = redactor.evidence(body: response.body)
        } catch {
            report.result.outcome = .error(error.message)
        }
    }
}

extension TCPProbe {
    /// What must be heard.
    private struct Expected: Sendable {
        let text: String?
        let pattern: PatternMatch.Compiled?

        init(_ check: TCPCheck) throws(RequestBuilder.Failure) {
            text = check.contains
            do {
                if let source = check.matches {
                    pattern = try PatternMatch.Compiled(source)
                } else {
                    pattern = nil
                }
            } catch {
                throw RequestBuilder.Failure(message: error.message)
            }
        }

        var isEmpty: Bool { text == nil && pattern == nil }

        /// A pattern that gives up is told when all is over.
        func isMet(by bytes: [UInt8]) -> Bool {
            if let text, !bytes.contains(text: text) { return false }
            guard let pattern else { return true }
            return (try? pattern.isFound(in: bytes)) ?? false
        }

        func missing(in bytes: [UInt8], _ redactor: Redactor) throws(PatternFailure) -> String {
            if let text, !bytes.contains(text: text) {
                return ", without '\(redactor.excerpt(text))'"
            }
            guard let pattern, try !pattern.isFound(in: bytes) else { return "" }
            return ", and do not match '\(redactor.excerpt(pattern.source))'"
        }
    }
}
