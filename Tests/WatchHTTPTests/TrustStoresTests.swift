// Authorities are read once, and again when their file is another.

import Foundation
import TestServers
import Testing

@testable import WatchHTTP

@Suite struct TrustStoresTests {
    private func file(_ certificate: TLSServer.Certificate) throws -> Data {
        let directory = NSTemporaryDirectory() + "watchd-trust-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        _ = try TLSServer.makeCertificate(certificate, in: directory)
        return try Data(contentsOf: URL(fileURLWithPath: directory + "/cert.pem"))
    }

    @Test func aFileIsReadAgainWhenItIsAnother() throws {
        let path = NSTemporaryDirectory() + "watchd-trust-\(UUID().uuidString).pem"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let place = TrustStores.Place(file: path, directory: nil)
        let stores = TrustStores()
        #expect(stores.store(place) == nil)
        try file(.good).write(to: URL(fileURLWithPath: path))
        let first = try #require(stores.store(place))
        #expect(stores.store(place) == first)
        try (file(.good) + file(.good)).write(to: URL(fileURLWithPath: path), options: .atomic)
        let second = try #require(stores.store(place))
        #expect(second != first)
        try Data("no certificate".utf8).write(to: URL(fileURLWithPath: path))
        #expect(stores.store(place) == nil)
    }

    /// A file that is renewed while the daemon runs counts for the next connection.
    @Test func whoIsTrustedNoMoreIsRefused() async throws {
        let server = try TLSServer(.good)
        defer { server.stop() }
        let path = NSTemporaryDirectory() + "watchd-trust-\(UUID().uuidString).pem"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let own = try Data(contentsOf: URL(fileURLWithPath: server.certificatePath))
        try own.write(to: URL(fileURLWithPath: path))
        let client = HTTPClient()
        let request = HTTPRequest(
            url: server.url, timeout: .seconds(60), caFile: path, reuse: .nothing)
        for _ in 0..<2 { #expect(await client.send(request).response?.status == 200) }
        try file(.good).write(to: URL(fileURLWithPath: path), options: .atomic)
        let failure = try #require(await client.send(request).failure)
        guard case .tls = failure.kind else {
            Issue.record("\(failure)")
            return
        }
        try own.write(to: URL(fileURLWithPath: path), options: .atomic)
        #expect(await client.send(request).response?.status == 200)
    }

    @Test func placesDifferInTheirMarks() {
        let names = ["/a", "/b", "/a:/b", "/a%3A/b", "/a%3a/b", "/a%253A/b"]
        let marks = names.map { TrustStores.Place(file: $0, directory: nil).mark }
        #expect(Set(marks).count == names.count)
        #expect(marks.allSatisfy { !$0.contains(":") })
        #expect(TrustStores.Place(file: "/a", directory: "/d").mark == "/d")
    }

    @Test(arguments: [HTTPRequest.Reuse.nothing, .session, .connection])
    func aFileWithoutCertificatesIsNamed(reuse: HTTPRequest.Reuse) async throws {
        let server = try TLSServer(.good)
        defer { server.stop() }
        let request = HTTPRequest(
            url: server.url, timeout: .seconds(60), caFile: "/dev/null", reuse: reuse)
        let failure = try #require(await client(request).failure)
        #expect(failure.kind == .badCAFile)
        #expect(failure.message.contains("/dev/null is no file of certificates"))
    }

    private func client(_ request: HTTPRequest) async -> HTTPResult {
        await HTTPClient().send(request)
    }
}
