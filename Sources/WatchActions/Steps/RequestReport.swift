// What is told of a request and its answer, without secrets, and what is made of the answer.

import WatchCore
import WatchHTTP
import WatchProbes

struct RequestReport: Sendable {
    /// Characters of a body that are shown.
    private static let shown = 400

    private let title: String
    private let redactor: Redactor

    init(_ built: RequestBuilder.Built) {
        redactor = built.redactor
        let request = built.request
        title = printable(redactor.redact("\(request.method) \(request.url)"), limit: 300)
    }

    func line(_ response: HTTPResponse) -> String { "\(title): \(said(response))" }
    func line(_ failure: HTTPFailure) -> String { "\(title): \(text(failure))" }

    func text(_ failure: HTTPFailure) -> String {
        printable(redactor.redact(failure.message), limit: 400)
    }

    /// Status, time, and the beginning of the body.
    func said(_ response: HTTPResponse) -> String {
        let took = Duration(nanoseconds: Int64(response.timings.total * 1e9)).text
        // More than is shown, so that a secret at the cut is known for one.
        let clean = redactor.redact(Array(response.body.prefix(16384)))
        let words = String(decoding: clean, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        let body = printable(words.joined(separator: " "), limit: Self.shown)
        return "status \(response.status) after \(took)" + (body.isEmpty ? "" : ": \(body)")
    }

    /// nil: it is as expected.
    func complaint(_ response: HTTPResponse, _ expectation: HTTPExpectation) -> String? {
        do {
            return try ResponseJudge(expectation: expectation, redactor: redactor)
                .complaint(response)
        } catch {
            return error.message
        }
    }

    /// Saved is only what became of a good answer, and only what may be an argument.
    /// A server in trouble, or one that does not let us ask, says nothing of what was asked.
    private static func isConclusive(_ status: Int) -> Bool {
        switch status {
        case 200..<300, 404, 410, 409, 412, 422: true
        default: false
        }
    }

    func judged(
        _ response: HTTPResponse, _ expectation: HTTPExpectation, _ saves: [JourneyCheck.Saved],
        _ spec: HTTPRequestSpec
    ) -> RequestRecord.Answer {
        var answer = RequestRecord.Answer(line: line(response))
        if var complaint = complaint(response, expectation) {
            if (300..<400).contains(response.status), !spec.isReading {
                let place = printable(
                    redactor.redact(response.header("Location") ?? "elsewhere"), limit: 200)
                complaint +=
                    "; it points to \(place), and a \(spec.method) is not repeated there: if that "
                    + "is the right place, write its URL"
            }
            answer.complaint = complaint
            answer.isNo = Self.isConclusive(response.status) ? true : nil
            return answer
        }
        let found = SavedValues(saves, in: response, jar: response.cookies ?? [])
        answer.complaint = found.problem.map { printable(redactor.redact($0), limit: 400) }
        for one in found.found {
            if Identifier.isValid(one.value) {
                answer.saved[one.name] = one.value
            } else if answer.complaint == nil {
                let why = Identifier.refusal(redactor.redact(one.value))
                answer.complaint =
                    "'\(one.name)' could not be saved: \(why), and it becomes an argument"
            }
        }
        if answer.complaint != nil { answer.saved = [:] }
        return answer
    }
}

/// The same may be asked again, after a pause if the answer asks for one.
struct AskAgain {
    var pause: Duration?
}

extension HTTPResponse {
    /// nil, unless the answer means that nothing was done: too many requests (RFC 6585 §4), locked
    /// by other work (RFC 4918 §11.3), or out of service until a time that it names (RFC 9110
    /// §15.6.4).
    func later(_ now: WallTime) -> AskAgain? {
        let pause = ReplyVerdict.waitTime(header("Retry-After"), nil, now)
        switch status {
        case 423, 429: return AskAgain(pause: pause)
        case 503: return pause.map { AskAgain(pause: $0) }
        default: return nil
        }
    }
}

extension HTTPFailure {
    /// Whether anything of the request may have reached the target. Before the connection stood,
    /// handshake included, nothing was sent.
    var wasSent: Bool {
        switch phase {
        case .name, .connect, .tls: false
        case .firstByte, .body: true
        }
    }

    /// Whether the same may go through a little later.
    var mayPass: Bool {
        switch kind {
        case .nameNotResolved, .networkUnreachable, .hostUnreachable, .noLocalResources, .refused,
            .reset, .timeout, .proxy:
            true
        case .badRequest, .permissionDenied, .badCAFile, .badClientCertificate, .tls, .tooLarge,
            .tooManyRedirects, .badResponse, .cancelled, .other:
            false
        }
    }
}
