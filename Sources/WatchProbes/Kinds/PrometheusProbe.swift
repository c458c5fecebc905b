// The probe kind `prometheus`: asks another monitoring system, and judges the number it knows.

import WatchCore
import WatchHTTP

/// Only a number that was measured passes or fails. Whatever goes wrong on the way, an answer
/// without one included, is an error: the server is not what is guarded, and its troubles are none
/// of the service's.
struct PrometheusProbe: Sendable {
    let client: HTTPClient
    let requests: RequestBuilder
    let time: any TimeSource

    func run(_ check: PrometheusCheck, _ run: ProbeRun) async -> ProbeReport {
        var report = ProbeReport(started: time.now().boot, run)
        var spec = check.request
        spec.method = "POST"
        spec.form = [.init(name: "query", value: Template(literal: check.query))]
        switch await requests.build(spec, timeout: run.timeout) {
        case .failure(let failure): report.result.outcome = .error(failure.message)
        case .success(let built):
            var request = built.request
            let base = request.url.hasSuffix("/") ? String(request.url.dropLast()) : request.url
            request.url = base + "/api/v1/query"
            request.inspectsTLS = run.isTraced
            request.noCache = true
            let answer = await client.send(request)
            judge(answer, check, request, built.redactor, &report)
            if run.isTraced { report.trace.asked = ["query \(check.query)"] }
        }
        report.result.took = time.now().boot - report.result.started
        return report
    }

    private func judge(
        _ answer: HTTPResult, _ check: PrometheusCheck, _ request: HTTPRequest,
        _ redactor: Redactor, _ report: inout ProbeReport
    ) {
        switch answer {
        case .failure(let failure):
            report.note(failure, redactor)
            report.result.outcome = .error(redactor.redact(failure.message))
            report.result.host = OtherHost.name(request.host)
        case .success(let response):
            report.note(response)
            report.result.status = response.status
            do throws(PrometheusAnswer.Problem) {
                let now = time.now().wall.nanoseconds.flooredDivision(by: 1_000_000_000)
                let value = try PrometheusAnswer.value(
                    response.body, status: response.status, now: now, redactor)
                report.result.host = OtherHost.name(request.host)
                report.trace.answered = ["value \(value)"]
                report.result.outcome = outcome(value, check, redactor)
            } catch {
                // It was reached: that says nothing against this host's network.
                report.result.outcome = .error(error.text)
            }
        }
    }

    private func outcome(
        _ value: Double, _ check: PrometheusCheck, _ redactor: Redactor
    ) -> ProbeResult.Outcome {
        for comparison in check.value {
            let complaint = try? ComparisonJudge(redactor: redactor).complaint(
                "the query's value", .number(value), comparison)
            if let complaint { return .fail(complaint) }
        }
        return .pass
    }
}
