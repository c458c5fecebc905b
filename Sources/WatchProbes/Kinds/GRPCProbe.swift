// The probe kind `grpc`: one call of grpc.health.v1.Health/Check over HTTP/2.

import WatchCore
import WatchHTTP

struct GRPCProbe: Sendable {
    /// An answer is a few bytes; what is larger is something else.
    private static let bodyLimit = 64 * 1024

    let client: HTTPClient
    let requests: RequestBuilder
    let time: any TimeSource

    func run(_ check: GRPCCheck, _ run: ProbeRun) async -> ProbeReport {
        var report = ProbeReport(started: time.now().boot, run)
        report.result.host = OtherHost.name(check.endpoint.host)
        do throws(RequestBuilder.Failure) {
            let filling = try await requests.filling(
                check.headers.map(\.value), for: "grpc \(check.endpoint) \(check.service)",
                run.timeout)
            let request = try self.request(check, filling, run)
            let answer = await client.send(request)
            switch answer {
            case .failure(let failure): report.note(failure, filling.redactor)
            case .success(let response):
                report.note(response)
                let reply = GRPCReply(response)
                if let complaint = reply.complaint(check, filling.redactor) {
                    report.result.outcome = .fail(complaint)
                    // Messages are bytes for nobody's eyes; an error page is for people.
                    if response.status != 200 {
                        report.result.body = filling.redactor.evidence(body: response.body)
                    }
                }
                report.trace.answered = reply.lines(filling.redactor)
            }
            report.trace.asked = [
                "grpc.health.v1.Health/Check "
                    + (check.service.isEmpty ? "(the whole server)" : check.service)
            ]
        } catch {
            report.result.outcome = .error(error.message)
        }
        report.result.took = time.now().boot - report.result.started
        return report
    }

    private func request(
        _ check: GRPCCheck, _ filling: RequestBuilder.Filling, _ run: ProbeRun
    ) throws(RequestBuilder.Failure) -> HTTPRequest {
        var headers = [
            HTTPHeader("Content-Type", "application/grpc"), HTTPHeader("TE", "trailers"),
            HTTPHeader(
                "grpc-timeout", "\(max(1, run.timeout.nanoseconds / 1_000_000) % 100_000_000)m"),
        ]
        for header in check.headers {
            headers.append(HTTPHeader(header.name, try filling.text(header.value)))
        }
        var request = HTTPRequest(
            method: "POST",
            url: "\(check.usesTLS ? "https" : "http")://\(check.endpoint)"
                + "/grpc.health.v1.Health/Check",
            headers: headers, body: GRPCFrame.healthRequest(check.service),
            timeout: run.timeout, verifyTLS: check.verifyTLS, caFile: check.caFile,
            maxBody: Self.bodyLimit,
            reuse: run.isAnew ? .nothing : HTTPRequest.Reuse(check.connection))
        request.version = check.usesTLS ? .two : .twoWithoutAsking
        request.inspectsTLS = run.isTraced
        return request
    }
}
