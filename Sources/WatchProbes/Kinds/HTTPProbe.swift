// The probe kind `http`: asks once, judges the answer, and tells a bad target from a question
// that could not be asked (DESIGN §5, "Outcomes of a probe").

import WatchCore
import WatchHTTP

struct HTTPProbe: Sendable {
    let client: HTTPClient
    let requests: RequestBuilder
    let time: any TimeSource

    func run(
        _ spec: HTTPRequestSpec, expect expectation: HTTPExpectation,
        degradedUnless softer: HTTPExpectation? = nil, _ run: ProbeRun
    ) async -> ProbeReport {
        var report = ProbeReport(started: time.now().boot, run)
        switch await requests.build(spec, timeout: run.timeout) {
        case .failure(let failure): report.result.outcome = .error(failure.message)
        case .success(let built):
            var request = built.request
            request.inspectsTLS = run.isTraced
            request.noCache = !request.headers.contains {
                $0.name.lowercased() == "cache-control"
            }
            report.result.host = OtherHost.name(request.host)
            let answer = await client.send(request)
            judge(answer, expectation, softer, built.redactor, &report)
            if run.isTraced { trace(request, answer, built.redactor, &report.trace) }
        }
        report.result.took = time.now().boot - report.result.started
        return report
    }

    private func judge(
        _ answer: HTTPResult, _ expectation: HTTPExpectation, _ softer: HTTPExpectation?,
        _ redactor: Redactor, _ report: inout ProbeReport
    ) {
        switch answer {
        case .failure(let failure): report.note(failure, redactor)
        case .success(let response):
            report.note(response)
            report.result.status = response.status
            if let cache = HTTPVersion.cacheEvidence(response) {
                report.result.outcome = .error(
                    "the answer came from a cache (\(redactor.excerpt(cache))), so the target was "
                        + "not asked; exempt this path from caching")
                return
            }
            do {
                let judge = ResponseJudge(expectation: expectation, redactor: redactor)
                if let complaint = try judge.complaint(response) {
                    report.result.outcome = .fail(complaint)
                    report.result.body = redactor.evidence(body: response.body)
                } else if let softer {
                    report.result.degraded = try ResponseJudge(
                        expectation: softer, redactor: redactor
                    ).complaint(response)
                }
            } catch {
                report.result.outcome = .error(error.message)
            }
        }
    }

    private func trace(
        _ request: HTTPRequest, _ answer: HTTPResult, _ redactor: Redactor,
        _ trace: inout ProbeTrace
    ) {
        trace.asked =
            [redactor.redact("\(request.method) \(request.url)")]
            + request.headers.map { redactor.redact("\($0.name): \($0.value)") }
        if let body = request.body { trace.asked.append("(a body of \(body.count) bytes)") }
        guard case .success(let response) = answer else { return }
        trace.answered =
            ["status \(response.status)"]
            + response.headers.map { redactor.redact("\($0.name): \($0.value)") }
            + ["(a body of \(response.body.count) bytes)"]
    }
}
