// The probe kind `tls`: shakes hands and looks at the certificates. One that is refused is the
// target's fault; one that will soon be is told before.

import WatchCore
import WatchHTTP

struct TLSProbe: Sendable {
    let client: HTTPClient
    let time: any TimeSource

    func run(_ check: TLSCheck, _ run: ProbeRun) async -> ProbeReport {
        let now = time.now()
        var report = ProbeReport(started: now.boot, run)
        report.result.host = OtherHost.name(check.endpoint.host)
        let asked = Endpoint(
            host: check.servername ?? check.endpoint.host, port: check.endpoint.port)
        var request = HTTPRequest(
            url: "https://\(asked)/", timeout: run.timeout, verifyTLS: check.verifies,
            caFile: check.caFile, reuse: .nothing)
        request.connectOnly = true
        request.inspectsTLS = true
        if check.servername != nil { request.connectTo = check.endpoint.description }
        let judge = CertificateJudge(check: check, now: now.wall)
        switch await client.send(request) {
        case .failure(let failure):
            report.note(failure, Redactor([]))
            if case .fail(let reason) = report.result.outcome, let chain = failure.tls?.chain,
                let cause = judge.invalid(chain)
            {
                report.result.outcome = .fail("\(reason) (\(cause))")
            }
        case .success(let response):
            report.note(response)
            if let complaint = judge.complaint(response.tls) {
                report.result.outcome = .fail("\(check.endpoint): \(complaint)")
            }
        }
        report.result.took = time.now().boot - now.boot
        return report
    }
}
