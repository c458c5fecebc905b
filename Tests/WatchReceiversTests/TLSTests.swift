// Senders over TLS: openssl and curl, with certificates made on the spot.

import Foundation
import NIOCore
import TestServers
import Testing
import WatchCore
import WatchReceivers
import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct TLSTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "watchd-tls-in-" + UUID().uuidString
        try Self.certificate(folder)
    }

    private static func certificate(_ folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try TLSServer.makeCertificate(.good, in: folder)
    }

    private func files(clientCA: String? = nil) -> TLSFiles {
        TLSFiles(
            certificate: folder + "/cert.pem", key: Template(literal: folder + "/key.pem"),
            clientCA: clientCA)
    }

    private func syslog(_ files: TLSFiles) throws -> Listening {
        try Listening(SyslogListener(.tls(host: "127.0.0.1", port: 0, files)))
    }

    /// Octet-counted, as Render and others send (RFC 5425 §4.3).
    private func messages(_ count: Int) -> String {
        (0..<count).map { number in
            let text = "<11>1 - host shop - - - line \(number)"
            return "\(text.utf8.count) \(text)"
        }.joined()
    }

    private func send(
        _ text: String, to port: Int, _ options: [String] = []
    ) async throws -> (status: Int32, text: String) {
        try await run(
            [
                "openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile",
                folder + "/cert.pem", "-verify_return_error",
            ] + options, text)
    }

    @Test func syslogOverTLSLosesNothing() async throws {
        let listening = try syslog(files())
        let port = await listening.port
        for version in ["-tls1_2", "-tls1_3"] {
            let sent = try await send(messages(5000), to: port, [version])
            #expect(sent.status == 0, "\(sent.text)")
        }
        // Not TLS, and not new enough.
        _ = try await run([
            "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); echo '<11>line' >&3; cat <&3",
        ])
        #expect(try await send("", to: port, ["-tls1_1"]).status != 0)
        await listening.wait { $0.counted >= 10_000 }
        listening.stop()
        #expect(listening.seen.patterns == 10_000)
        #expect(listening.seen.losses == .init())
    }

    @Test func onlyClientsOfTheAuthorityAreHeard() async throws {
        let (client, other) = (folder + "/client", folder + "/other")
        try Self.certificate(client)
        try Self.certificate(other)
        let listening = try syslog(files(clientCA: client + "/cert.pem"))
        let port = await listening.port
        func with(_ folder: String) -> [String] {
            ["-cert", folder + "/cert.pem", "-key", folder + "/key.pem"]
        }
        _ = try await send(messages(5), to: port)
        _ = try await send(messages(5), to: port, with(other))
        let sent = try await send(messages(7), to: port, with(client))
        #expect(sent.status == 0, "\(sent.text)")
        await listening.wait { $0.counted >= 7 }
        listening.stop()
        #expect(listening.seen.lines == 7)
    }

    /// Renewed every few weeks, and nobody reloads watchd for that.
    @Test func aNewCertificateIsServedWhenItAndItsKeyAreThere() async throws {
        let new = folder + "/new"
        try Self.certificate(new)
        let listening = try syslog(files())
        let port = await listening.port
        func served() async throws -> String {
            try await run([
                "bash", "-c",
                "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null "
                    + "| openssl x509 -noout -fingerprint",
            ]).text
        }
        let before = try await served()
        func move(_ name: String) throws {
            try #require(rename(new + "/" + name, folder + "/" + name) == 0)
        }
        try move("cert.pem")
        // A certificate without its key changes nothing, however often it is looked at.
        for _ in 0..<5 { #expect(try await served() == before) }
        try move("key.pem")
        while try await served() == before {}
        let sent = try await send(messages(3), to: port)
        #expect(sent.status == 0, "\(sent.text)")
        await listening.wait { $0.counted >= 3 }
        listening.stop()
    }

    @Test func aCertificateThatCannotBeUsedIsAReasonUntilItCan() async throws {
        let place = folder + "/late.pem"
        var files = files()
        files.certificate = place
        let listening = try syslog(files)
        await listening.wait { !$0.reason.isEmpty }
        #expect(listening.seen.reason.contains("the certificate \(place) cannot be used"))
        try FileManager.default.copyItem(atPath: folder + "/cert.pem", toPath: place)
        await listening.wait { $0.isReading }
        listening.stop()
        files.key = try Template("${credential:gone}")
        let second = try syslog(files)
        await second.wait { $0.reason.contains("${credential:gone} cannot be read") }
        second.stop()
    }

    @Test func linesArePostedOverTLS() async throws {
        var listener = DrainListener(host: "127.0.0.1", port: 0)
        listener.tls = files()
        let listening = try DrainReceiverTests.listen(listener)
        let port = await listening.port
        // More than one record of TLS, and an answer.
        let body = String(repeating: "{\"proxy\":{\"statusCode\":500}}\n", count: 20_000)
        let answer = try await run(
            [
                "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert",
                folder + "/cert.pem", "--data-binary", "@-", "https://127.0.0.1:\(port)/",
            ], body)
        #expect(answer.text == "200")
        await listening.wait { $0.errors >= 20_000 }
        // Plain HTTP gets no answer, nor does who only listens.
        let plain = try await run(["curl", "-sS", "http://127.0.0.1:\(port)/"])
        #expect(plain.status != 0)
        listening.stop()
        #expect(listening.seen.counted == 20_000)
    }

    @Test func whoDoesNotShakeHandsIsLetGo() async throws {
        var bounds = DrainBounds()
        bounds.request = .milliseconds(300)
        var listener = DrainListener(host: "127.0.0.1", port: 0)
        listener.tls = files()
        let listening = try DrainReceiverTests.listen(listener, bounds: bounds)
        let port = await listening.port
        let heard = try await run([
            "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); printf '\\x16\\x03' >&3; cat <&3",
        ])
        #expect(heard.text.isEmpty)
        listening.stop()
    }
}
