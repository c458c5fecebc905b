// A TLS server that keeps connections and resumes sessions, and tells whoever asks whether it did:
// each answer is `PORT SESSION NAME`, the client's port, `whole` or `resumed`, and whose
// certificate it showed. Python's, since openssl-s_server(1) closes after each answer.

import Foundation
import Glibc

public final class KeepingTLSServer: Sendable {
    public struct Answer: Hashable, Sendable {
        /// The client's: the same for requests over one connection.
        public var port: String
        public var isResumed: Bool
        public var client: String
    }

    /// As CA file it makes the server trusted; as a client's certificate it is `probe test`.
    public let certificatePath: String
    public let keyPath: String
    public let address: String
    private let directory: String
    private let server: ChildProcess

    private static let script = """
        import http.server, ssl, sys
        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            def do_GET(self):
                peer = self.connection.getpeercert()
                name = peer["subject"][0][0][1] if peer else "nobody"
                session = "resumed" if self.connection.session_reused else "whole"
                text = f"{self.client_address[1]} {session} {name}".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            def log_message(self, *words): pass
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        context.load_verify_locations(sys.argv[1])
        context.verify_mode = ssl.CERT_OPTIONAL
        if sys.argv[3] == "1.2": context.maximum_version = ssl.TLSVersion.TLSv1_2
        server = Server(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, True, do_handshake_on_connect=False)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    /// - Parameter version: of TLS, at most.
    public init(version: String = "1.3") throws {
        directory = NSTemporaryDirectory() + "watchd-keep-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        certificatePath = directory + "/cert.pem"
        keyPath = directory + "/key.pem"
        _ = try output(of: [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", keyPath, "-out", certificatePath, "-subj", "/CN=probe test",
            "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
        ])
        server = ChildProcess()
        let pipe = Pipe()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments = ["python3", "-c", Self.script, certificatePath, keyPath, version]
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = pipe
        server.standardError = FileHandle.nullDevice
        try server.run()
        let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.prefix { $0 != "\n" }) else {
            throw CocoaError(.executableLoad)
        }
        address = "127.0.0.1:\(port)"
    }

    public var url: String { "https://\(address)/" }

    public static func answer(_ body: [UInt8]) -> Answer? {
        let words = String(decoding: body, as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count == 3 else { return nil }
        return Answer(
            port: String(words[0]), isResumed: words[1] == "resumed", client: String(words[2]))
    }

    public func stop() {
        kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }
}
