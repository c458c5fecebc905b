// From libcurl's code and the kernel's error number to one answer or one sentence.

import CCurl
import Glibc
import WatchCore

extension Transfer {
    /// Whether a name is being looked up. libcurl does not say when the body of a redirect is at
    /// its end, but it counts those that it follows.
    var isResolving: Bool { phase == .name || (redirectedAfter.map { hops > $0 } ?? false) }

    func result(_ code: CURLcode) -> HTTPResult {
        if isResolving { phase = .name }
        if code == CURLE_OK || stop == .byReader {
            isHandleGood = code == CURLE_OK && handle.order != nil && !needsOwnOptions
            var response = HTTPResponse(
                status: status, head: head, body: body, timings: timings,
                effectiveURL: hops > 0 ? effectiveURL : request.url)
            response.tls = tls
            response.place = place
            response.cookies = cookies
            return .success(response)
        }
        // Should the session be what the server cannot bear, the next handshake is a whole one.
        if offersSession, let sessionKey { tools.sessions.forget(sessionKey) }
        return .failure(failure(kind(of: code)))
    }

    func cancelled() -> HTTPResult {
        if isResolving { phase = .name }
        return .failure(failure(.cancelled))
    }

    /// The name did not come in time. libcurl would leave the thread that looks it up to itself,
    /// where nobody could count it, so it goes on without a time limit, and only for that thread.
    func giveUpName(at now: Instant) -> HTTPResult {
        phase = .name
        var failure = failure(.nameNotResolved)
        failure.timings.total = Swift.max(failure.timings.total, (now - began).seconds)
        leaveAlone()
        return .failure(failure)
    }

    func leaveAlone() {
        isGivenUp = true
        needsOwnOptions = true
        set(CURLOPT_TIMEOUT_MS, 0)
        set(CURLOPT_CONNECTTIMEOUT_MS, 0)
    }

    /// A little before libcurl's own limit; nil: there is none.
    var nameDeadline: Instant? {
        [request.timeout, request.connectTimeout].compactMap { $0 }.min().map {
            began + $0 - Swift.min(NameGate.margin, $0 / 10)
        }
    }

    var status: Int { long(CURLINFO_RESPONSE_CODE) }

    /// The same request over a connection of its own, in the time that is left; nil: the answer, or
    /// the failure, is the target's. A kept connection that ended before a byte of the answer came
    /// says nothing: whoever ended it may have done so before it saw the request (RFC 9112 §9.3.1).
    /// libcurl sees to most of these itself.
    func secondTry(_ code: CURLcode, at now: Instant) -> TransferLoop.Order? {
        guard isKept, headerBytes == 0, stop == nil,
            Self.broken.contains(code.rawValue)
        else { return nil }
        var again = request
        again.reuse = .nothing
        if let timeout = request.timeout {
            again.timeout = timeout - (now - began)
            guard timeout > now - began else { return nil }
        }
        return order.with(again)
    }

    private static let broken: Set<UInt32> = [
        CURLE_GOT_NOTHING.rawValue, CURLE_RECV_ERROR.rawValue, CURLE_SEND_ERROR.rawValue,
        CURLE_PARTIAL_FILE.rawValue, CURLE_HTTP2.rawValue, CURLE_HTTP2_STREAM.rawValue,
        CURLE_SSL_CONNECT_ERROR.rawValue,
    ]

    // MARK: - Classification

    func kind(of code: CURLcode) -> HTTPFailure.Kind {
        switch stop {
        case .tooLarge: return .tooLarge
        case .headersTooLong: return .badResponse
        case .byReader, nil: break
        }
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            // Also what libcurl says of an answer that is no HTTP.
            return phase == .name && status == 0 ? .badRequest : .badResponse
        case CURLE_COULDNT_RESOLVE_HOST: return .nameNotResolved
        case CURLE_COULDNT_CONNECT: return connectionKind
        case CURLE_OPERATION_TIMEDOUT: return phase == .name ? .nameNotResolved : .timeout(phase)
        case CURLE_TOO_MANY_REDIRECTS: return .tooManyRedirects
        case CURLE_SSL_CACERT_BADFILE: return .badCAFile
        case CURLE_SSL_CERTPROBLEM: return .badClientCertificate
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER:
            return .tls(errorMessage)
        case CURLE_SSL_CONNECT_ERROR:
            return systemErrno == ECONNRESET ? .reset : .tls(errorMessage)
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            return isRefusedByProxy ? .proxy : .reset
        case CURLE_BAD_CONTENT_ENCODING, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_WRITE_ERROR:
            return .badResponse
        case CURLE_OUT_OF_MEMORY where phase == .firstByte || phase == .body:
            // What libcurl before 8.6 says of one line of 100 KB: the target's doing, not ours.
            stop = .headersTooLong
            return .badResponse
        case CURLE_OUT_OF_MEMORY: return .noLocalResources
        case CURLE_ABORTED_BY_CALLBACK: return .cancelled
        // CURLE_TOO_LARGE, which says the same from 8.6 on.
        case _ where code.rawValue == 100:
            stop = .headersTooLong
            return .badResponse
        default: return .other(Int(code.rawValue))
        }
    }

    /// 502 to 504 is what a proxy says of a target that it cannot reach (RFC 9110 §15.6).
    private var isRefusedByProxy: Bool {
        let code = long(CURLINFO_HTTP_CONNECTCODE)
        return code >= 300 && !(502...504).contains(code)
    }

    private var connectionKind: HTTPFailure.Kind {
        // Whoever refused is not the target.
        if request.proxy != nil, isRefused || systemErrno == ECONNREFUSED { return .proxy }
        if isRefused { return .refused }
        return switch systemErrno {
        case ECONNREFUSED: .refused
        case ENOENT where request.unixSocket != nil: .refused
        case ECONNRESET, ECONNABORTED, EPIPE: .reset
        case ETIMEDOUT: .timeout(.connect)
        case ENETUNREACH, ENETDOWN: .networkUnreachable
        case EHOSTUNREACH, EHOSTDOWN: .hostUnreachable
        case EACCES, EPERM: .permissionDenied
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EADDRINUSE, EAGAIN, EAFNOSUPPORT:
            .noLocalResources
        default: .other(Int(CURLE_COULDNT_CONNECT.rawValue))
        }
    }

    /// libcurl's number is of an address that was tried; ours of one that could not be.
    private var systemErrno: Int32 {
        let code = Int32(truncatingIfNeeded: long(CURLINFO_OS_ERRNO))
        return code != 0 ? code : localErrno
    }

    // MARK: - The sentence

    func failure(_ kind: HTTPFailure.Kind) -> HTTPFailure {
        let timings = timings
        var message = "\(printable(request.target, limit: 120)): \(cause(kind, timings))"
        if hops > 0 {
            let place = printable(HTTPRequest.authority(of: effectiveURL), limit: 120)
            message += " (after \(hops) redirect\(hops == 1 ? "" : "s"), at \(place))"
        }
        var failure = HTTPFailure(kind: kind, phase: phase, message: message, timings: timings)
        failure.tls = tls
        failure.peer = place?.text ?? triedPlace
        return failure
    }

    private func cause(_ kind: HTTPFailure.Kind, _ timings: PhaseTimings) -> String {
        let after = Duration(nanoseconds: Int64(timings.total * 1e9)).text
        let system = systemErrno == 0 ? errorMessage : String(cString: strerror(systemErrno))
        switch kind {
        case .badRequest: return "cannot be asked: \(errorMessage)"
        case .nameNotResolved:
            let why = errorMessage.isEmpty ? "no answer after \(after)" : errorMessage
            return "the name was not resolved (\(why)); check the host's resolver"
        case .networkUnreachable, .hostUnreachable:
            return "not reachable from here (\(system)); check this host's network"
        case .noLocalResources:
            let remedy = systemErrno == EMFILE ? "; raise LimitNOFILE= of watchd.service" : ""
            return "this host could not open a connection (\(system))\(remedy)"
        case .permissionDenied: return "this host forbids the connection (\(system))"
        case .badClientCertificate:
            return "the client certificate or its key cannot be used (\(errorMessage))"
        case .proxy: return "the proxy did not let us through (\(errorMessage))"
        case .badCAFile: return "the CA file cannot be used (\(trustProblem ?? errorMessage))"
        case .refused:
            return request.unixSocket != nil && systemErrno == ENOENT
                ? "no such socket; nobody listens there" : "connection refused; nobody listens"
        case .reset:
            let isUnsure = request.version == .twoWithoutAsking && phase == .firstByte
            return "the connection broke while \(phase.doing) (\(errorMessage))"
                + (isUnsure ? "; does it speak HTTP/2 without TLS?" : "")
        case .tls(let reason): return "TLS was refused: \(reason)"
        case .timeout(let phase): return "no answer after \(after), \(phase.doing)"
        case .tooLarge: return "the body is larger than \(request.maxBody) bytes"
        case .tooManyRedirects: return "more than \(request.redirects) redirects"
        case .badResponse:
            return stop == .headersTooLong
                ? "the headers are longer than \(Self.headerLimit / 1024) KB"
                : "the answer is not proper HTTP"
                    + (errorMessage.isEmpty ? "" : " (\(errorMessage))")
        case .cancelled: return "cancelled after \(after), \(phase.doing)"
        case .other(let number): return "libcurl error \(number) (\(errorMessage))"
        }
    }

    // MARK: - What libcurl knows

    var hops: Int { long(CURLINFO_REDIRECT_COUNT) }

    private var effectiveURL: String {
        var text: UnsafePointer<CChar>?
        watchd_easy_get_string(easy, CURLINFO_EFFECTIVE_URL, &text)
        return text.map { String(cString: $0) } ?? request.url
    }

    /// Nil before there was a connection.
    var place: HTTPResponse.Place? {
        guard request.unixSocket == nil else { return nil }
        var text: UnsafePointer<CChar>?
        watchd_easy_get_string(easy, CURLINFO_PRIMARY_IP, &text)
        guard let text, text.pointee != 0 else { return nil }
        return HTTPResponse.Place(
            address: String(cString: text), port: long(CURLINFO_PRIMARY_PORT))
    }

    /// What was last tried to be connected to.
    private var triedPlace: String? {
        request.unixSocket == nil ? Self.text(tried) : nil
    }

    private static func text(_ address: [UInt8]) -> String? {
        guard !address.isEmpty else { return nil }
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let code = address.withUnsafeBytes { bytes in
            getnameinfo(
                bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count), &host, socklen_t(host.count), &port,
                socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
        }
        guard code == 0 else { return nil }
        func string(_ text: [CChar]) -> String {
            String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return host.contains(CChar(UInt8(ascii: ":")))
            ? "[\(string(host))]:\(string(port))" : "\(string(host)):\(string(port))"
    }

    /// libcurl's timers run from the start and are summed over redirects (curl_easy_getinfo(3)),
    /// so differences are the phases' own sums; 0 means not reached.
    var timings: PhaseTimings {
        // Over a kept connection libcurl counts how long it took to find it.
        let name = isKept ? 0 : microseconds(CURLINFO_NAMELOOKUP_TIME_T)
        var connect = isKept ? 0 : microseconds(CURLINFO_CONNECT_TIME_T)
        if connect == 0, let handshakeBegan {
            connect = (handshakeBegan - began).nanoseconds / 1000
        }
        let tls = isKept ? 0 : microseconds(CURLINFO_APPCONNECT_TIME_T)
        let ready = microseconds(CURLINFO_PRETRANSFER_TIME_T)
        var firstByte = microseconds(CURLINFO_STARTTRANSFER_TIME_T)
        if hops == 0, let firstByteCame {
            firstByte = max(ready, (firstByteCame - began).nanoseconds / 1000)
        }
        // Its clock began a little later than ours.
        let total = max(firstByte, microseconds(CURLINFO_TOTAL_TIME_T))
        func span(_ from: Int64, _ to: Int64) -> Double? {
            to > 0 ? Double(max(0, to - from)) / 1e6 : nil
        }
        return PhaseTimings(
            name: span(0, name), connect: span(name, connect), tls: span(connect, tls),
            firstByte: span(ready, firstByte), body: firstByte > 0 ? span(firstByte, total) : nil,
            total: Double(total) / 1e6)
    }

    private func microseconds(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        watchd_easy_get_offset(easy, info, &value)
        return Int64(value)
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        watchd_easy_get_long(easy, info, &value)
        return value
    }
}

extension HTTPFailure {
    /// A request that never left.
    static func unsent(_ kind: Kind, _ message: String) -> HTTPFailure {
        HTTPFailure(
            kind: kind, phase: .name, message: message, timings: PhaseTimings(total: 0))
    }
}
