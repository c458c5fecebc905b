import Testing

@testable import WatchCore

@Suite("Whom the probes hear from")
struct NetworkWatchTests {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    private func result(_ host: String, heard: Bool, at second: Int64) -> ProbeResult {
        var result = ProbeResult(
            started: Self.start + .seconds(second), took: .milliseconds(5),
            outcome: heard ? .pass : .error("host unreachable"))
        result.host = host
        return result
    }

    private func watch(_ results: [(probe: String, result: ProbeResult)]) -> NetworkWatch {
        var watch = NetworkWatch()
        for (probe, result) in results {
            watch.note("shop", probe, result, every: .seconds(10))
        }
        return watch
    }

    @Test("Nobody is heard only when every probe of at least two hosts says so")
    func nobody() {
        let one = watch([("a", result("a.example", heard: false, at: 0))])
        #expect(!one.hearsNobody(at: Self.start), "one host may be down")
        let two = watch([
            ("a", result("a.example", heard: false, at: 0)),
            ("b", result("b.example", heard: false, at: 1)),
        ])
        #expect(two.hearsNobody(at: Self.start + .seconds(2)))
        #expect(!two.hearsNobody(at: Self.start + .seconds(60)), "that was long ago")
        let some = watch([
            ("a", result("a.example", heard: false, at: 0)),
            ("b", result("b.example", heard: true, at: 1)),
        ])
        #expect(!some.hearsNobody(at: Self.start + .seconds(2)))
    }

    @Test("Only the last result of a probe counts")
    func last() {
        var watch = watch([
            ("a", result("a.example", heard: true, at: 0)),
            ("b", result("b.example", heard: true, at: 0)),
            ("a", result("a.example", heard: false, at: 10)),
            ("b", result("b.example", heard: false, at: 10)),
        ])
        #expect(watch.hearsNobody(at: Self.start + .seconds(11)))
        watch.note("shop", "b", result("b.example", heard: true, at: 12), every: .seconds(10))
        #expect(!watch.hearsNobody(at: Self.start + .seconds(13)))
    }

    @Test("A probe that asks another host now, or is gone, leaves its host")
    func moved() {
        var watch = watch([
            ("a", result("a.example", heard: true, at: 0)),
            ("b", result("b.example", heard: true, at: 0)),
            ("c", result("b.example", heard: false, at: 0)),
        ])
        watch.note("shop", "a", result("b.example", heard: false, at: 5), every: .seconds(10))
        #expect(watch.hosts == ["b.example"])
        #expect(watch.hostCount == 1)
        watch.note("shop", "a", result("a.example", heard: false, at: 6), every: .seconds(10))
        watch.forget(besides: ["shop/a", "shop/c"])
        #expect(watch.hosts == ["a.example", "b.example"])
        #expect(watch.hearsNobody(at: Self.start + .seconds(7)), "who was heard is gone")
        watch.forget(besides: [])
        #expect(watch.hostCount == 0)
    }
}
