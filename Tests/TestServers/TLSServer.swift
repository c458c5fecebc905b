// Real TLS with real certificates, good and bad, by the openssl program.

public import Foundation
import Glibc

public final class TLSServer: Sendable {
    public enum Certificate: String, Sendable {
        case good, expired, wrongHost
    }

    /// The self-signed certificate; as CA file it makes a good one trusted.
    public let certificatePath: String
    public let address: String
    private let directory: String
    private let server: Process

    public init(_ certificate: Certificate) throws {
        directory = NSTemporaryDirectory() + "watchd-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        certificatePath = directory + "/cert.pem"
        let name = certificate == .wrongHost ? "DNS:elsewhere.example" : "IP:127.0.0.1"
        let key = directory + "/key.pem"
        try Data("subjectAltName=\(name)\n".utf8).write(
            to: URL(fileURLWithPath: directory + "/names"))
        try openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            key, "-out", directory + "/request.pem", "-subj", "/CN=probe test",
        ])
        try openssl([
            "x509", "-req", "-in", directory + "/request.pem", "-signkey", key, "-extfile",
            directory + "/names", "-days", certificate == .expired ? "-1" : "2", "-out",
            certificatePath,
        ])
        server = Process()
        let output = Pipe()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        server.arguments = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert",
            certificatePath, "-www",
        ]
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        try server.run()
        address = try Self.readAddress(output.fileHandleForReading)
    }

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
    let process = Process()
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
