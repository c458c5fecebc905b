import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct DNSProbeTests {
    private typealias Record = (type: UInt8, data: [UInt8])

    private func outcome(
        _ check: DNSCheck, timeout: Duration = .minutes(10),
        overTCP: (@Sendable ([UInt8]) -> [UInt8])? = nil, _ script: @escaping NameServer.Script
    ) async throws -> ProbeResult {
        let server = try #require(NameServer(overTCP: overTCP, script: script))
        defer { server.stop() }
        var check = check
        check.server = Endpoint(host: "127.0.0.1", port: server.port)
        return await probe(.dns(check), timeout: timeout)
    }

    private func answers(_ records: [(type: UInt8, data: [UInt8])]) -> NameServer.Script {
        { [NameServer.answer($0, records)] }
    }

    private func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    @Test func aNameThatHasAnAddressPasses() async throws {
        let result = try await outcome(
            DNSCheck(name: "shop.example", values: ["192.0.2.2", "192.0.2.1"]),
            answers([(1, [192, 0, 2, 1]), (1, [192, 0, 2, 2])]))
        #expect(result.outcome == .pass)
        #expect(result.timings?.firstByte != nil)
    }

    @Test func anotherAddressIsToldBesideTheExpected() async throws {
        let script = answers([(1, [192, 0, 2, 1])])
        let other = DNSCheck(name: "shop.example", values: ["192.0.2.9"])
        #expect(
            try await outcome(other, script).outcome
                == .fail("A of shop.example is 192.0.2.1, expected 192.0.2.9"))
        let among = DNSCheck(name: "shop.example", includes: ["192.0.2.1", "192.0.2.9"])
        #expect(
            try await outcome(among, script).outcome
                == .fail("A of shop.example is 192.0.2.1, expected 192.0.2.9 among them"))
    }

    /// The name is the question's; what it says is the target's answer, not our trouble.
    @Test func noSuchNameIsTheTargetsAnswer() async throws {
        let script: NameServer.Script = { [NameServer.answer($0, code: 3)] }
        #expect(
            try await outcome(DNSCheck(name: "gone.example"), script).outcome
                == .fail("gone.example: rcode NXDOMAIN, expected NOERROR"))
        #expect(
            try await outcome(DNSCheck(name: "gone.example", code: .noSuchName), script).outcome
                == .pass)
    }

    @Test func aNameWithoutSuchARecordFails() async throws {
        #expect(
            try await outcome(DNSCheck(name: "shop.example", type: .aaaa), answers([])).outcome
                == .fail("shop.example has no AAAA record"))
    }

    @Test func recordsOfEachTypeAreReadAsInAZoneFile() async throws {
        let six = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
        let numbers: [UInt8] = (1...5).flatMap { [0, 0, 0, $0] }
        let cases: [(DNSCheck.RecordType, [UInt8], String)] = [
            (.aaaa, six.map { UInt8($0) }, "2001:db8::1"),
            (.cname, name("Www.Shop.example"), "www.shop.example."),
            (.mx, [0, 10] + name("mail.example"), "10 mail.example"),
            (.ns, name("ns.example"), "ns.example"), (.ptr, name("a.example"), "a.example"),
            (.srv, [0, 1, 0, 2, 1, 187] + name("a.example"), "1 2 443 a.example"),
            (
                .soa, name("ns.example") + name("me.example") + numbers,
                "ns.example me.example 1 2 3 4 5"
            ),
            (.txt, [3] + Array("v=s".utf8) + [3] + Array("pf1".utf8), "v=spf1"),
        ]
        for (type, data, value) in cases {
            let result = try await outcome(
                DNSCheck(name: "shop.example", type: type, values: [value]),
                answers([(UInt8(type.number), data)]))
            #expect(result.outcome == .pass, "\(type)")
        }
    }

    @Test func aliasesAreFollowedAndNotCounted() async throws {
        let result = try await outcome(
            DNSCheck(name: "shop.example", values: ["192.0.2.1"]),
            answers([(5, name("real.example")), (1, [192, 0, 2, 1])]))
        #expect(result.outcome == .pass)
    }

    @Test func anAnswerThatDoesNotFitComesByTCP() async throws {
        let many: [(type: UInt8, data: [UInt8])] = (1...200).map { (1, [192, 0, 2, $0]) }
        let result = try await outcome(
            DNSCheck(name: "shop.example", includes: ["192.0.2.200"]),
            overTCP: { NameServer.answer($0, many) }
        ) { [NameServer.answer($0, truncated: true)] }
        #expect(result.outcome == .pass)
        let refused = try await outcome(DNSCheck(name: "shop.example")) {
            [NameServer.answer($0, truncated: true)]
        }
        #expect(refused.outcome.failure?.contains("over TCP: 127.0.0.1") == true)
    }

    /// A forged answer, one to another question, and noise come first.
    @Test func othersDatagramsAreNotForUs() async throws {
        let result = try await outcome(DNSCheck(name: "shop.example", values: ["192.0.2.1"])) {
            var forged = NameServer.answer($0, [(1, [6, 6, 6, 6])])
            forged[1] ^= 1
            var other = NameServer.answer($0, [(1, [6, 6, 6, 6])])
            other[13] = UInt8(ascii: "x")
            return [forged, other, [1, 2, 3], NameServer.answer($0, [(1, [192, 0, 2, 1])])]
        }
        #expect(result.outcome == .pass)
    }

    @Test func aLostDatagramIsAskedForAgain() async throws {
        let counter = Counter()
        let script: NameServer.Script = { question in
            counter.next() < 2 ? [] : [NameServer.answer(question, [(1, [192, 0, 2, 1])])]
        }
        let server = try #require(NameServer(script: script))
        defer { server.stop() }
        let check = DNSCheck(
            name: "shop.example", server: Endpoint(host: "127.0.0.1", port: server.port))
        #expect(await probe(.dns(check), timeout: .seconds(6)).outcome == .pass)
        #expect(server.asked == 2)
    }

    @Test func silenceIsTheNamedServersFault() async throws {
        let result = try await outcome(
            DNSCheck(name: "shop.example"), timeout: .milliseconds(150)
        ) { _ in [] }
        #expect(result.outcome.failure?.contains("no answer after 150ms") == true)
        #expect(result.timedOut == true)
    }

    @Test func nobodyThereIsTheNamedServersFault() async throws {
        let port = try #require(RefusingPort())
        let check = DNSCheck(name: "shop.example", server: try endpoint(port.address))
        #expect(
            await probe(.dns(check)).outcome
                == .fail("\(port.address): refused; nobody listens"))
    }

    @Test(
        "bytes that are no message end as one",
        arguments: [
            // A name that points at itself, a record that is longer than the message, a count of
            // records that are not there.
            [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0xFF, 0xFF, 1], [0xC0, 29, 0, 1], [63, 65, 65], [],
        ] as [[UInt8]])
    func brokenAnswers(tail: [UInt8]) async throws {
        let result = try await outcome(DNSCheck(name: "a.b")) { question in
            var bytes = NameServer.answer(question, [])
            bytes[7] = 1
            return [bytes + tail]
        }
        #expect(
            result.outcome.failure?.hasSuffix("the answer is no proper DNS message") == true)
    }
}
