import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct TCPProbeTests {
    @Test func aConnectionIsEnoughWhereNothingElseIsWanted() async throws {
        try await withPlainServer {
            $0.hang()
        } _: { place in
            let result = await probe(.tcp(TCPCheck(endpoint: place)))
            #expect(result.outcome == .pass)
            #expect(result.timings?.connect != nil)
            #expect(result.status == nil && result.host == nil)
        }
    }

    @Test func nobodyThereIsAFailure() async throws {
        let port = try #require(RefusingPort())
        let result = await probe(.tcp(TCPCheck(endpoint: try endpoint(port.address))))
        #expect(result.outcome == .fail("\(port.address): connection refused; nobody listens"))
    }

    @Test func aNameNobodyKnowsIsAnError() async throws {
        let result = await probe(.tcp(TCPCheck(endpoint: Endpoint(host: "a.invalid", port: 1))))
        #expect(result.outcome.error?.contains("not resolved") == true)
    }

    @Test func aGreetingIsWaitedFor() async throws {
        try await withPlainServer { connection in
            connection.write("220 mail.")
            connection.pause(milliseconds: 20)
            connection.write("example.com ESMTP\r\n")
            connection.hang()
        } _: { place in
            let check = TCPCheck(endpoint: place, contains: "ESMTP", matches: "^220 ")
            #expect(await probe(.tcp(check)).outcome == .pass)
        }
    }

    @Test func aSecretIsSaidAndNeverShownEvenWhenItComesBack() async throws {
        try await withPlainServer { connection in
            if connection.read(19) == Array("AUTH hunter2-secret".utf8) {
                connection.write("-WRONGPASS hunter2-secret\r\n")
            }
        } _: { place in
            let check = TCPCheck(
                endpoint: place, send: try Template("AUTH ${credential:key}"), contains: "+OK")
            let secrets = Secrets(known: [.credential("key"): "hunter2-secret"])
            let result = await probe(.tcp(check), secrets: secrets)
            #expect(
                result.outcome.failure
                    == "\(place): the connection was closed after 27 bytes, without '+OK'; "
                    + "heard '-WRONGPASS ***'")
            #expect(result.body == "-WRONGPASS ***\n")
        }
    }

    @Test func silenceIsATimeOutThatSaysSo() async throws {
        try await withPlainServer {
            $0.hang()
        } _: { place in
            let result = await probe(
                .tcp(TCPCheck(endpoint: place, contains: "220")), timeout: .milliseconds(150))
            #expect(
                result.outcome.failure
                    == "\(place): the time was up after 0 bytes, without '220'; nothing was heard")
            #expect(result.timedOut == true)
        }
    }

    @Test func aFloodEndsAtTheBound() async throws {
        try await withPlainServer { connection in
            while connection.write("noise noise noise ") {}
        } _: { place in
            let check = TCPCheck(endpoint: place, matches: "^220", maxBytes: 100)
            let reason = await probe(.tcp(check)).outcome.failure
            #expect(reason?.contains("100 bytes were read, as many as 'max_bytes' allows") == true)
        }
    }

    /// A pattern that goes wild is our mistake, not the target's.
    @Test func aPatternThatGivesUpIsAnError() async throws {
        try await withPlainServer {
            $0.write(String(repeating: "a", count: 5000))
        } _: { place in
            let check = TCPCheck(
                endpoint: place, matches: "^(?:a?){40}(?:a+)+$b", maxBytes: 5000)
            let result = await probe(.tcp(check))
            #expect(result.outcome != .pass)
        }
    }
}
