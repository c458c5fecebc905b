// Hostile senders of a drain: slow ones, endless ones, many at once.

import NIOCore
import Testing
import WatchCore

@testable import WatchReceivers

@Suite(.timeLimit(.minutes(10))) struct DrainBoundsTests {
    /// What is answered until the connection ends.
    private func shell(_ script: String, _ port: Int) async throws -> String {
        try await run([
            "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); \(script)",
        ]).text
    }

    @Test(arguments: [
        ("printf 'POST / HTTP/1.1\\r\\nHost:' >&3; cat <&3", ""), ("cat <&3", ""),
        (
            "printf 'POST / HTTP/1.1\\r\\nContent-Length: 9\\r\\n\\r\\n{' >&3; cat <&3",
            "408 Request Timeout"
        ),
        ("printf 'POST / HTTP/1.1\\r\\nContent-Length: 2\\r\\n\\r\\n{}' >&3; cat <&3", "200 OK"),
    ])
    func whoIsSlowIsLetGo(script: String, answer: String) async throws {
        var bounds = DrainBounds()
        (bounds.request, bounds.idle) = (.milliseconds(300), .milliseconds(300))
        let listening = try DrainReceiverTests.listen(bounds: bounds)
        let heard = try await shell(script, await listening.port)
        #expect(answer.isEmpty ? heard.isEmpty : heard.contains(answer), "\(heard)")
        listening.stop()
    }

    @Test(arguments: [
        // Headers without an end, one header without an end, trailers, extensions of chunks.
        "(printf 'POST / HTTP/1.1\\r\\n'; yes 'A: aaaaaaaaaaaaaaaaaaaa' | head -c 9000000) >&3",
        "(printf 'POST / HTTP/1.1\\r\\nA: '; yes aaaaaaa | tr -d '\\n' | head -c 9000000) >&3",
        "(printf 'POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n'; "
            + "yes 'A: aaaaaaaaaaaaaaaaaaaa' | head -c 9000000) >&3",
        "(printf 'POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n2;'; "
            + "yes aaaaaaa | tr -d '\\n' | head -c 9000000) >&3",
    ])
    func whatHasNoEndIsEnded(script: String) async throws {
        // Nobody waits for its time to be over.
        var bounds = DrainBounds()
        bounds.request = .hours(1)
        let listening = try DrainReceiverTests.listen(bounds: bounds)
        let port = await listening.port
        _ = try await shell("\(script) 2>/dev/null; cat <&3 2>/dev/null; true", port)
        // It is here, and hears others.
        let heard = try await shell(
            "printf 'POST / HTTP/1.1\\r\\nConnection: close\\r\\nContent-Length: 2\\r\\n\\r\\n{}' "
                + ">&3; cat <&3", port)
        #expect(heard.hasPrefix("HTTP/1.1 200"))
        listening.stop()
    }

    @Test(arguments: [
        "hello\\r\\n\\r\\n", "\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01",
        "POST / HTTP/1.1\\r\\nContent-Length: 2\\r\\nContent-Length: 3\\r\\n\\r\\n{}",
        "POST / HTTP/1.1\\r\\nContent-Length: 2\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
            + "0\\r\\n\\r\\n",
    ])
    func whatIsNoHTTPIsAnsweredAndLetGo(text: String) async throws {
        let listening = try DrainReceiverTests.listen()
        let heard = try await shell("printf '\(text)' >&3; cat <&3", await listening.port)
        #expect(heard.hasPrefix("HTTP/1.1 400"), "\(heard)")
        listening.stop()
        #expect(listening.seen.counted == 0)
    }

    @Test func oneAddressHasAShareOfTheConnections() async throws {
        var bounds = DrainBounds()
        bounds.connectionsOfOne = 2
        let listening = try DrainReceiverTests.listen(bounds: bounds)
        let port = await listening.port
        let place = "/dev/tcp/127.0.0.1/\(port)"
        // The third is ended at once; with a place free again another one is heard.
        let heard = try await shell(
            "exec 4<>\(place); exec 5<>\(place); cat <&5; exec 4<&- 3<&-; "
                + "for i in $(seq 100); do exec 6<>\(place); "
                + "printf 'POST / HTTP/1.1\\r\\nConnection: close\\r\\n"
                + "Content-Length: 2\\r\\n\\r\\n{}' >&6; cat <&6 && break; done 2>/dev/null", port)
        #expect(heard.hasPrefix("HTTP/1.1 200"))
        listening.stop()
    }

    @Test func memoryIsSharedAndGivenBack() {
        var bounds = DrainBounds()
        (bounds.bytes, bounds.bytesOfOne, bounds.connections) = (100, 60, 3)
        let budget = DrainBudget(bounds)
        for peer in ["a", "b", "c"] { #expect(budget.connect(peer) == nil) }
        #expect(budget.connect("d") == "3 connections")
        #expect(budget.take(60, "a") == .yes)
        #expect(budget.take(1, "a") == .tooMuchForOne)
        #expect(budget.take(40, "b") == .yes)
        #expect(budget.take(1, "c") == .tooMuch)
        budget.give(60, "a")
        budget.disconnect("a")
        #expect(budget.take(60, "c") == .yes)
        #expect(budget.connect("d") == nil)
    }
}
