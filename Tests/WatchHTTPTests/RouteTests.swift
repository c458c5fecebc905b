// Which way a request goes, and who it says asks.

import TestServers
import Testing
import WatchCore
import WatchHTTP

@Suite struct RouteTests {
    let client = HTTPClient()

    @Test func aProxyIsAskedForTheWholeURL() async throws {
        try await withServer {
            $0.answer(200, [], "through the proxy")
        } _: { proxy in
            var request = HTTPRequest(url: "http://shop.invalid/health")
            request.proxy = proxy.url
            #expect(await client.send(request).response?.status == 200)
            #expect(
                proxy.requests.first?.hasPrefix("GET http://shop.invalid/health HTTP/1.1") == true)
        }
    }

    /// The target was never asked, so it is not to blame.
    @Test func aProxyThatIsNotThereOrRefusesIsNotTheTargetsFault() async throws {
        let port = try #require(RefusingPort())
        var request = HTTPRequest(url: "http://shop.invalid/")
        request.proxy = port.url
        #expect(await client.send(request).failure?.kind == .proxy)
        request.url = "https://shop.invalid/"
        for (status, isOurs) in [(407, true), (502, false)] {
            try await withServer {
                $0.answer(status)
            } _: { proxy in
                var request = request
                request.proxy = proxy.url
                let failure = try #require(await client.send(request).failure)
                #expect(failure.kind.isOurs == isOurs, "\(failure)")
                #expect(proxy.requests.first?.hasPrefix("CONNECT shop.invalid:443 ") == true)
            }
        }
    }

    @Test func aNameCanBeGivenItsAddress() async throws {
        try await withServer {
            $0.answer(200, [], "here")
        } _: { server in
            let port = server.address.split(separator: ":")[1]
            var request = HTTPRequest(url: "http://shop.invalid:\(port)/")
            request.address = "127.0.0.1"
            #expect(await client.send(request).response?.peer == server.address)
            #expect(server.requests.first?.contains("Host: shop.invalid:\(port)\r\n") == true)
            #expect(request.host == "127.0.0.1")
        }
        let port = try #require(RefusingPort())
        let number = port.address.split(separator: ":")[1]
        var request = HTTPRequest(url: "http://shop.invalid:\(number)/")
        request.address = "127.0.0.1"
        let failure = try #require(await client.send(request).failure)
        #expect(
            failure.message.hasPrefix("shop.invalid:\(number) at 127.0.0.1: connection refused"))
    }

    @Test func onlyAddressesOfOneKindAreTried() async throws {
        try await withServer {
            $0.answer()
        } _: { server in
            let port = server.address.split(separator: ":")[1]
            var request = HTTPRequest(url: "http://localhost:\(port)/")
            request.family = .four
            #expect(await client.send(request).response?.peer == server.address)
            request.family = .six
            #expect(await client.send(request).failure != nil)
        }
    }

    @Test func aServerThatWantsACertificateGetsIt() async throws {
        let server = try TLSServer(.good, options: ["-Verify", "1"])
        defer { server.stop() }
        var request = HTTPRequest(
            url: server.url, timeout: .seconds(20), caFile: server.certificatePath)
        let without = try #require(await client.send(request).failure)
        #expect(!without.kind.isOurs, "\(without)")
        // Any certificate will do for it; its own is at hand.
        request.clientCertificate = .init(
            path: server.certificatePath, key: .path(server.keyPath))
        #expect(await client.send(request).response?.status == 200)
        let key = String(
            decoding: try output(of: ["cat", server.keyPath]), as: UTF8.self)
        request.clientCertificate?.key = .text(key)
        #expect(await client.send(request).response?.status == 200)
        request.clientCertificate?.key = .path("/nonexistent/key.pem")
        let failure = try #require(await client.send(request).failure)
        #expect(failure.kind == .badClientCertificate)
    }

    @Test func brotliIsDecoded() async throws {
        // RFC 7932: one uncompressed meta-block with "hello", then the end.
        let body: [UInt8] = [0x0B, 0x02, 0x80] + Array("hello".utf8) + [0x03]
        try await withServer {
            $0.answer(200, ["Content-Encoding: br"], body)
        } _: { server in
            let response = await client.send(HTTPRequest(url: server.url)).response
            #expect(response?.body == Array("hello".utf8))
            #expect(server.requests.first?.contains("Accept-Encoding: gzip, deflate, br") == true)
        }
    }
}
