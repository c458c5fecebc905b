import Testing
import WatchCore

@testable import WatchHTTP

@Suite struct SessionCacheTests {
    private let cache = SessionCache<[UInt8]>()

    private func key(_ url: String = "https://shop.example/") throws -> SessionKey {
        try #require(SessionKey(HTTPRequest(url: url, reuse: .session)))
    }

    private func moment(_ seconds: Int) -> Moment {
        Moment(boot: Instant(nanoseconds: 0) + .seconds(seconds), wall: .seconds(Double(seconds)))
    }

    @Test func theServerProvesItselfAnewNowAndThen() throws {
        let key = try key()
        cache.keep([1], for: key, goodUntil: .max, at: moment(0))
        #expect(cache.session(for: key, at: moment(299)) == [1])
        #expect(cache.session(for: key, at: moment(600)) == nil)
        // And it is not there any more.
        #expect(cache.session(for: key, at: moment(0)) == nil)
    }

    @Test func aSessionEndsWithItsCertificate() throws {
        let key = try key()
        cache.keep([1], for: key, goodUntil: 100, at: moment(0))
        #expect(cache.session(for: key, at: moment(99)) == [1])
        #expect(cache.session(for: key, at: moment(100)) == nil)
    }

    @Test func thereAreOnlySoMany() throws {
        for number in 0...SessionCache<[UInt8]>.limit {
            cache.keep(
                [1], for: try key("https://s\(number)/"), goodUntil: .max, at: moment(0))
        }
        let last = try key("https://s\(SessionCache<[UInt8]>.limit)/")
        #expect(cache.session(for: last, at: moment(1)) == nil)
        // Those that have ended make room.
        cache.keep([2], for: last, goodUntil: .max, at: moment(700))
        #expect(cache.session(for: last, at: moment(701)) == [2])
    }

    @Test func onlyWhoMayHasOne() {
        var request = HTTPRequest(url: "https://shop.example/", reuse: .connection)
        #expect(SessionKey(request) == nil)
        request.reuse = .session
        #expect(SessionKey(request) != nil)
        request.proxy = "https://proxy.example/"
        #expect(SessionKey(request) == nil)
    }
}
