// Real TLS with real certificates, good and bad, by the openssl program.

public import Foundation
import Glibc

public final class TLSServer: Sendable {
    public enum Certificate: String, Sendable {
        /// `good` is so for two days.
        case good, expired, wrongHost
        /// Good for 60 days, signed by one that is good for five, signed by the one to trust.
        case chain
    }

    /// The self-signed certificate; as CA file it makes a good one trusted.
    public let certificatePath: String
    public let address: String
    private let directory: String
    private let server: ChildProcess

    /// - Parameter options: further ones of openssl-s_server(1).
    public init(_ certificate: Certificate, options: [String] = []) throws {
        directory = NSTemporaryDirectory() + "watchd-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        certificatePath = directory + "/cert.pem"
        let key = directory + "/key.pem"
        let made = try Self.makeCertificate(certificate, in: directory)
        server = ChildProcess()
        let output = Pipe()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments =
            [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert",
                made, "-www",
            ] + options + (certificate == .chain ? ["-cert_chain", directory + "/middle.pem"] : [])
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        try server.run()
        address = try Self.readAddress(output.fileHandleForReading)
    }

    /// Makes keys and certificates; `cert.pem` is the one to trust, `key.pem` the server's key.
    /// - Returns: the path of the server's own certificate.
    public static func makeCertificate(
        _ certificate: Certificate, in directory: String
    ) throws -> String {
        let name = certificate == .wrongHost ? "DNS:elsewhere.example" : "IP:127.0.0.1"
        func file(_ name: String) -> String { directory + "/" + name }
        func write(_ text: String, _ name: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        }
        func request(_ subject: String, _ key: String) throws {
            try openssl([
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", file(key), "-out", file("request.pem"), "-subj", "/CN=\(subject)",
            ])
        }
        func sign(_ out: String, _ extensions: String, days: Int, by signer: [String]) throws {
            try openssl(
                [
                    "x509", "-req", "-in", file("request.pem"), "-extfile", file(extensions),
                    "-days", "\(days)", "-out", file(out),
                ] + signer)
        }
        try write("subjectAltName=\(name),DNS:*.shop.example\n", "names")
        guard certificate == .chain else {
            try request("probe test", "key.pem")
            try sign(
                "cert.pem", "names", days: certificate == .expired ? -1 : 2,
                by: ["-signkey", file("key.pem")])
            return file("cert.pem")
        }
        try write("basicConstraints=critical,CA:true\n", "authority")
        try request("probe root", "root.key")
        try sign("cert.pem", "authority", days: 300, by: ["-signkey", file("root.key")])
        for (subject, key, out, extensions, days, signer) in [
            ("probe middle", "middle.key", "middle.pem", "authority", 5, ("cert.pem", "root.key")),
            ("probe leaf", "key.pem", "leaf.pem", "names", 60, ("middle.pem", "middle.key")),
        ] {
            try request(subject, key)
            try sign(
                out, extensions, days: days,
                by: ["-CA", file(signer.0), "-CAkey", file(signer.1), "-CAcreateserial"])
        }
        return file("leaf.pem")
    }

    /// The server's own key.
    public var keyPath: String { directory + "/key.pem" }

    public var url: String { "https://\(address)/" }

    public func stop() {
        // Not SIGTERM: a child started from a dispatch thread inherits its blocked signals.
        kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// `ACCEPT 127.0.0.1:33073` says that it listens, and where.
    private static func readAddress(_ output: FileHandle) throws -> String {
        var text = ""
        while true {
            let data = output.availableData
            guard !data.isEmpty else { throw CocoaError(.fileReadUnknown) }
            text += String(decoding: data, as: UTF8.self)
            for line in text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1)
            where line.hasPrefix("ACCEPT ") { return String(line.dropFirst(7)) }
        }
    }
}

private func openssl(_ arguments: [String]) throws {
    _ = try output(of: ["openssl"] + arguments)
}

/// What a program prints; throws when it fails.
public func output(of command: [String]) throws -> Data {
    let process = ChildProcess()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    return data
}
