// The probe kind `http`: asks once, judges the answer, and tells a bad target from a question
// that could not be asked (DESIGN §5, "Outcomes of a probe").

import WatchCore
import WatchHTTP

struct HTTPProbe: Sendable {
    let client: HTTPClient
    let requests: RequestBuilder
    let time: any TimeSource

    /// What is asked, and what is wanted of the answer.
    struct Question: Sendable {
        var request: HTTPRequestSpec
        var expectation: HTTPExpectation
        var degradedUnless: HTTPExpectation?
        var saves: [JourneyCheck.Saved] = []

        var hasPatterns: Bool {
            expectation.hasPatterns || degradedUnless?.hasPatterns == true
                || saves.contains { if case .pattern = $0.source { true } else { false } }
        }
    }

    nonisolated(nonsending) func run(_ question: Question, _ run: ProbeRun) async -> ProbeReport {
        var visit = Visit.none
        return await ask(question, run, &visit)
    }

    /// - Parameter visit: what a journey carries along, and learns here.
    nonisolated(nonsending) func ask(
        _ question: Question, _ run: ProbeRun, _ visit: inout Visit
    ) async -> ProbeReport {
        var report = ProbeReport(started: time.boot(), run)
        if Self.isAsPrepared(run, visit),
            let entry = requests.ready(question.request, timeout: run.timeout),
            let request = entry.built.prepared
        {
            visit.hide(entry.built.hidden)
            await ask(request, question, run, &visit, &report)
        } else {
            switch await requests.build(
                question.request, timeout: run.timeout, saved: visit.values)
            {
            case .failure(let failure):
                report.result.outcome =
                    failure.isTargets ? .fail(failure.message) : .error(failure.message)
            case .success(let built):
                visit.hide(built.hidden)
                let request = Self.request(built, run, visit)
                await ask(request, question, run, &visit, &report)
            }
        }
        report.result.took = time.boot() - report.result.started
        return report
    }

    private nonisolated(nonsending) func ask(
        _ request: PreparedRequest, _ question: Question, _ run: ProbeRun, _ visit: inout Visit,
        _ report: inout ProbeReport
    ) async {
        report.result.host = OtherHost.name(request.host)
        let answer = await client.send(request)
        if Self.takesLong(answer, question) {
            // The client's thread, if this task lives there, has others to serve.
            await withTaskExecutorPreference(globalConcurrentExecutor) {
                await judgeElsewhere(answer, question, &visit, &report)
            }
        } else {
            judge(answer, question, &visit, &report)
        }
        if run.isTraced { trace(request.request, answer, visit.redactor, &report.trace) }
    }

    /// Whether a request is asked as it was prepared.
    private static func isAsPrepared(_ run: ProbeRun, _ visit: Visit) -> Bool {
        !run.isAnew && visit.cookies == nil
    }

    private static func request(
        _ built: RequestBuilder.Built, _ run: ProbeRun, _ visit: Visit
    ) -> PreparedRequest {
        if let prepared = built.prepared, isAsPrepared(run, visit) { return prepared }
        var request = built.request.asProbe
        request.cookies = visit.cookies
        request.inspectsTLS = run.isTraced
        if run.isAnew { request.reuse = .nothing }
        return PreparedRequest(request)
    }

    /// A body of more bytes is searched and read elsewhere: of as many it takes a tenth of a
    /// millisecond.
    private static let quickBody = 16 * 1024

    /// Patterns may take all the steps that they are given, and a body may be a megabyte.
    static func takesLong(_ answer: HTTPResult, _ question: Question) -> Bool {
        guard case .success(let response) = answer else { return false }
        return response.body.count > quickBody || question.hasPatterns
    }

    private func judgeElsewhere(
        _ answer: HTTPResult, _ question: Question, _ visit: inout Visit,
        _ report: inout ProbeReport
    ) async {
        judge(answer, question, &visit, &report)
    }

    private func judge(
        _ answer: HTTPResult, _ question: Question, _ visit: inout Visit,
        _ report: inout ProbeReport
    ) {
        switch answer {
        case .failure(let failure): report.note(failure, visit.redactor)
        case .success(let response):
            report.note(response)
            report.result.status = response.status
            // Before anything of the answer is quoted: what is saved is a secret from now on.
            visit.keep(cookies: response.cookies)
            let saving = SavedValues(
                question.saves, in: response, jar: response.cookies ?? [])
            for one in saving.found { visit.save(one.value, as: one.name) }
            let redactor = visit.redactor
            if let cache = HTTPVersion.cacheEvidence(response) {
                report.result.outcome = .error(
                    "the answer came from a cache (\(redactor.excerpt(cache))), so the target was "
                        + "not asked; exempt this path from caching")
                return
            }
            do {
                let judge = ResponseJudge(expectation: question.expectation, redactor: redactor)
                if let complaint = try judge.complaint(response) ?? saving.problem {
                    report.result.outcome = .fail(complaint)
                    report.result.body = redactor.evidence(body: response.body)
                } else if let softer = question.degradedUnless {
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

extension HTTPExpectation {
    fileprivate var hasPatterns: Bool {
        matches != nil || json.contains { $0.comparison.isPattern }
            || headers.contains { $0.comparison.isPattern }
    }
}

extension HTTPExpectation.Comparison {
    fileprivate var isPattern: Bool { if case .matches = self { true } else { false } }
}
