// The probe kind `http`: asks once, judges the answer, and tells a bad target from a question
// that could not be asked (DESIGN §5, "Outcomes of a probe").

public import WatchCore
public import WatchHTTP

public struct HTTPProbe: Sendable {
    let client: HTTPClient
    let requests: RequestBuilder
    let time: any TimeSource

    public init(client: HTTPClient, requests: RequestBuilder, time: any TimeSource) {
        self.client = client
        self.requests = requests
        self.time = time
    }

    public func run(
        _ spec: HTTPRequestSpec, expect expectation: HTTPExpectation, timeout: Duration,
        isRecheck: Bool = false
    ) async -> ProbeResult {
        let started = time.now().boot
        var result = ProbeResult(
            started: started, took: .zero, outcome: .pass, isRecheck: isRecheck)
        switch await requests.build(spec, timeout: timeout) {
        case .failure(let failure): result.outcome = .error(failure.message)
        case .success(let built):
            result.host = OtherHost.name(built.request.host)
            await judge(client.send(built.request), expectation, built.redactor, &result)
        }
        result.took = time.now().boot - started
        return result
    }

    private func judge(
        _ answer: HTTPResult, _ expectation: HTTPExpectation, _ redactor: Redactor,
        _ result: inout ProbeResult
    ) {
        switch answer {
        case .failure(let failure):
            let reason = redactor.redact(failure.message)
            result.timings = failure.timings
            result.timedOut = failure.isTimeout
            result.outcome = failure.kind.isOurs ? .error(reason) : .fail(reason)
        case .success(let response):
            result.timings = response.timings
            result.status = response.status
            do {
                let judge = ResponseJudge(expectation: expectation, redactor: redactor)
                if let complaint = try judge.complaint(response) {
                    result.outcome = .fail(complaint)
                    result.body = redactor.evidence(body: response.body)
                }
            } catch {
                result.outcome = .error(error.message)
            }
        }
    }
}
