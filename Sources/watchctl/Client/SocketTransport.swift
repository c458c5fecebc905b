// How requests reach the daemon: a seam, so that all above it is about what, not how.

import Glibc
import WatchCore
import WatchHTTP

struct TransportAnswer: Sendable {
    var status: Int
    var body: [UInt8]
}

protocol SocketTransport: Sendable {
    func request(
        _ method: String, _ path: String, headers: [HTTPHeader], body: [UInt8]?
    ) async throws(Failure) -> TransportAnswer

    /// Calls `onBytes` with what comes until the daemon ends it or `onBytes` returns false.
    func stream(
        _ path: String, headers: [HTTPHeader], onBytes: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(Failure) -> TransportAnswer
}

struct UnixSocketTransport: SocketTransport {
    let path: String
    private let client = HTTPClient(userAgent: "watchctl")

    /// A daemon that lives answers in milliseconds.
    private static let timeout = Duration.seconds(15)
    private static let longestBody = 64 << 20

    init(path: String) { self.path = path }

    func request(
        _ method: String, _ path: String, headers: [HTTPHeader], body: [UInt8]?
    ) async throws(Failure) -> TransportAnswer {
        let request = HTTPRequest(
            method: method, url: "http://localhost" + path, headers: headers, body: body,
            timeout: Self.timeout, maxBody: Self.longestBody, unixSocket: self.path)
        return try answer(await client.send(request))
    }

    func stream(
        _ path: String, headers: [HTTPHeader], onBytes: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(Failure) -> TransportAnswer {
        let request = HTTPRequest(
            url: "http://localhost" + path, headers: headers, timeout: nil,
            connectTimeout: Self.timeout, unixSocket: self.path)
        return try answer(await client.stream(request, onBytes: onBytes))
    }

    private func answer(_ result: HTTPResult) throws(Failure) -> TransportAnswer {
        switch result {
        case .success(let response):
            return TransportAnswer(status: response.status, body: response.body)
        case .failure(let failure): throw Failure(.unknown, sentence(failure))
        }
    }

    private func sentence(_ failure: HTTPFailure) -> String {
        let socket = safe(path)
        return switch failure.kind {
        case .refused where !SocketFile.isSocket(path):
            "\(socket) is no socket; name the one of watchd with --socket (it is "
                + "\(Session.defaultSocket) unless watchd was started with another)"
        case .refused:
            "no watchd listens on \(socket); start it with: systemctl start watchd"
        case .permissionDenied:
            "you may not connect to \(socket); members of group watchd may: "
                + "usermod -aG watchd USER, then log in again"
        case .timeout:
            "watchd took the connection on \(socket) and did not answer; see: journalctl -u watchd"
        default: "cannot ask watchd: \(safe(failure.message, limit: 400))"
        }
    }
}

private enum SocketFile {
    /// Also true where it cannot be told.
    static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFSOCK
    }
}
