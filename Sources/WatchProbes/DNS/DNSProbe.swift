// The probe kind `dns`: asks a name server and judges what it says. Any reply is the target's
// answer, also that there is no such name. Silence is the named server's fault; where none is
// named it is this host's own resolver, and then it is ours.

import Glibc
import WatchCore
import WatchHTTP

struct DNSProbe: Sendable {
    let client: HTTPClient
    let datagrams: Datagrams
    let workers: BlockingWorkers
    let time: any TimeSource

    /// Why there is no reply.
    private struct Failure: Error {
        var message: String
        var isOurs: Bool
        var isTimeout = false
    }

    func run(_ check: DNSCheck, _ run: ProbeRun) async -> ProbeReport {
        var report = ProbeReport(started: time.now().boot, run)
        let question = DNSQuestion(
            id: .random(in: .min ... .max), name: check.name, type: check.type)
        report.trace.asked = ["\(check.type.rawValue) \(check.name)"]
        do throws(Failure) {
            let server = try await server(check, run.timeout)
            report.result.host = OtherHost.name(server.host)
            report.trace.peer = server.description
            let answer = try await answer(
                question, server, run.timeout, isOurs: check.server == nil)
            let judge = DNSJudge(check: check)
            report.trace.answered = judge.lines(answer)
            if let complaint = judge.complaint(answer) { report.result.outcome = .fail(complaint) }
        } catch {
            report.result.outcome = error.isOurs ? .error(error.message) : .fail(error.message)
            report.result.timedOut = error.isTimeout
            report.trace.failedIn = .firstByte
        }
        let took = time.now().boot - report.result.started
        report.result.took = took
        let answered = report.trace.failedIn == nil ? took.seconds : nil
        report.result.timings = PhaseTimings(firstByte: answered, total: took.seconds)
        return report
    }

    private func server(_ check: DNSCheck, _ timeout: Duration) async throws(Failure) -> Endpoint {
        if let server = check.server { return server }
        let answer = await workers.run(
            key: "\(NameServers.path) for \(check.type.rawValue) \(check.name)", timeout: timeout
        ) { NameServers.read() }
        switch answer {
        case .success(.success(let server)): return server
        case .success(.failure(let error)):
            throw Failure(
                message: "this host's name server is not known: \(error)", isOurs: true)
        case .failure:
            throw Failure(
                message: "\(NameServers.path) could not be read within \(timeout.text)",
                isOurs: true)
        }
    }

    private func answer(
        _ question: DNSQuestion, _ server: Endpoint, _ timeout: Duration, isOurs: Bool
    ) async throws(Failure) -> DNSAnswer {
        let started = time.now().boot
        let reply = await datagrams.ask(
            Datagrams.Question(
                bytes: question.bytes, server: server, timeout: timeout,
                accepts: { question.isAnswered(by: $0) }))
        switch reply {
        case .failure(let failure): throw self.failure(failure, server, timeout, isOurs: isOurs)
        case .success(let bytes):
            let broken = Failure(
                message: "\(server): the answer is no proper DNS message", isOurs: false)
            guard let answer = DNSAnswer(bytes, to: question) else { throw broken }
            guard answer.isTruncated else { return answer }
            let left = max(timeout - (time.now().boot - started), .milliseconds(1))
            let whole = try await overTCP(question, server, left, isOurs: isOurs)
            guard question.isAnswered(by: whole), let answer = DNSAnswer(whole, to: question)
            else { throw broken }
            return answer
        }
    }

    /// The same question with its length before it (RFC 7766 §8).
    private func overTCP(
        _ question: DNSQuestion, _ server: Endpoint, _ timeout: Duration, isOurs: Bool
    ) async throws(Failure) -> [UInt8] {
        let bytes = question.bytes
        let request = HTTPRequest(
            url: "http://\(server)/", timeout: timeout, reuse: .nothing)
        let exchange = Exchange(
            send: [UInt8(bytes.count >> 8 & 0xFF), UInt8(bytes.count & 0xFF)] + bytes,
            limit: 2 + 65535
        ) { heard in heard.count >= 2 && heard.count >= 2 + Int(heard[0]) << 8 + Int(heard[1]) }
        let prefix = "the answer did not fit a datagram, and over TCP"
        switch await client.converse(request, exchange) {
        case .failure(let failure):
            throw Failure(
                message: "\(prefix): \(failure.message)", isOurs: isOurs || failure.kind.isOurs,
                isTimeout: failure.isTimeout)
        case .success(let response) where response.end == .enough:
            return Array(response.body.dropFirst(2))
        case .success(let response):
            let isTimeout = response.end == .timedOut
            throw Failure(
                message: "\(prefix) \(server) \(isTimeout ? "gave none in time" : "hung up")",
                isOurs: isOurs, isTimeout: isTimeout)
        }
    }

    private func failure(
        _ failure: Datagrams.Failure, _ server: Endpoint, _ timeout: Duration, isOurs: Bool
    ) -> Failure {
        let whose = isOurs ? "this host's name server \(server)" : "\(server)"
        switch failure {
        case .timedOut:
            return Failure(
                message: "\(whose): no answer after \(timeout.text), asked three times",
                isOurs: isOurs, isTimeout: true)
        case .system(ECONNREFUSED):
            return Failure(message: "\(whose): refused; nobody listens", isOurs: isOurs)
        case .system(let code):
            return Failure(
                message: "\(whose): cannot be asked from here "
                    + "(\(String(cString: strerror(code)))); check this host's network",
                isOurs: true)
        case .full:
            return Failure(
                message: "\(whose): not asked, too many questions are under way", isOurs: true)
        }
    }
}
