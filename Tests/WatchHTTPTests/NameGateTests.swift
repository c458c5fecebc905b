// Look-ups of names: each once at a time, few at once, and none is let out of sight.

import Synchronization
import Testing
import WatchCore

@testable import WatchHTTP

@Suite struct NameGateTests {
    private let gate = NameGate()
    private let now = Instant.seconds(1000)

    private func order(_ id: UInt64, _ url: String, timeout: Duration = .seconds(5))
        -> TransferLoop.Order
    {
        TransferLoop.Order(
            id: id, prepared: PreparedRequest(HTTPRequest(url: url, timeout: timeout)),
            onBytes: nil, exchange: nil, finish: { _ in })
    }

    @Test(
        arguments: [
            ("http://shop.example.com/health", "shop.example.com"),
            ("https://user:word@Shop.example.com:8443/?q=@", "shop.example.com"),
            ("http://10.0.0.1/", nil), ("http://[2001:db8::1]:80/", nil),
            ("http://localhost:8080/", nil), ("", nil),
        ] as [(String, String?)])
    func whichNameIsLookedUp(url: String, name: String?) {
        #expect(HTTPRequest(url: url).nameToResolve == name)
    }

    @Test func aProxysNameIsLookedUpInstead() {
        var request = HTTPRequest(url: "http://shop.example.com/")
        request.proxy = "http://proxy.example.com:3128"
        #expect(request.nameToResolve == "proxy.example.com")
    }

    @Test func aNameIsLookedUpOnceAtATimeAndTheOthersWait() {
        #expect(gate.admits(order(1, "http://a.example/"), at: now))
        #expect(!gate.admits(order(2, "http://a.example/x"), at: now))
        #expect(gate.admits(order(3, "http://b.example/"), at: now))
        #expect(gate.admits(order(4, "http://127.0.0.1/"), at: now))
        #expect(gate.admitted(at: now).isEmpty)
        // The transfer is gone, so its look-up has come back.
        gate.settle([:], TransferTools(userAgent: "test", keptFor: .minutes(1)), at: now)
        #expect(gate.admitted(at: now).map(\.order.id) == [2])
    }

    @Test func whoWaitedInVainIsToldWhatFor() {
        _ = gate.admits(order(1, "http://a.example/"), at: now)
        _ = gate.admits(order(2, "http://a.example/"), at: now + .seconds(1))
        #expect(gate.tiredOfWaiting(at: now + .seconds(5.9)).isEmpty)
        let tired = gate.tiredOfWaiting(at: now + .seconds(6))
        #expect(tired.map(\.order.id) == [2])
        for item in tired {
            let failure = gate.failure(of: item, at: now + .seconds(6))
            #expect(failure.kind == .nameNotResolved)
            #expect(failure.message.contains("an earlier look-up of it has not come back yet"))
            #expect(failure.timings.total == 5)
        }
    }

    @Test func thereAreNeverMoreThanSoMany() {
        for id in 0..<200 {
            let isAdmitted = gate.admits(order(UInt64(id), "http://n\(id).example/"), at: now)
            #expect(isAdmitted == (id < NameGate.limit))
        }
        let tired = gate.tiredOfWaiting(at: now + .seconds(5))
        #expect(tired.count == 200 - NameGate.limit)
        let message = tired.first.map { gate.failure(of: $0, at: now + .seconds(5)).message }
        #expect(message?.contains("64 look-ups of other names have not come back yet") == true)
    }

    @Test func oneThatWasGivenUpKeepsItsPlaceUntilItComesBack() throws {
        let tools = TransferTools(userAgent: "test", keptFor: .minutes(1))
        let first = order(1, "http://a.example/")
        #expect(gate.admits(first, at: now))
        let transfer = try #require(Transfer(first, tools))
        #expect(!gate.admits(order(2, "http://a.example/"), at: now))
        let later = transfer.began + .seconds(5)
        #expect(gate.overdue([1: transfer], at: transfer.began).isEmpty)
        #expect(gate.overdue([1: transfer], at: later).count == 1)
        let failure = try #require(transfer.giveUpName(at: later).failure)
        #expect(failure.kind == .nameNotResolved)
        #expect(failure.timings.total == 5)
        gate.abandon(transfer)
        gate.settle([:], tools, at: later)
        #expect(gate.admitted(at: later).isEmpty)
        #expect(gate.cameBack(1) != nil)
        gate.settle([:], tools, at: later)
        #expect(gate.admitted(at: later).map(\.order.id) == [2])
    }

    /// Many at once to a name that is known to nobody, and to one that is known.
    @Test func allAreAnswered() async throws {
        let client = HTTPClient()
        await withTaskGroup(of: HTTPFailure?.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await client.send(
                        HTTPRequest(url: "http://shop.invalid/", timeout: .seconds(30))
                    ).failure
                }
            }
            for await failure in group { #expect(failure?.kind == .nameNotResolved) }
        }
        await client.shutdownAndWait()
    }
}
