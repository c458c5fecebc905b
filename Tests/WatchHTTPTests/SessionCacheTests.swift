import Testing
import WatchCore

@testable import WatchHTTP

@Suite struct SessionCacheTests {
    private let cache = SessionCache()

    private func key(_ url: String = "https://shop.example/") throws -> SessionCache.Key {
        try #require(SessionCache.Key(HTTPRequest(url: url, reuse: .session)))
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
        for number in 0...SessionCache.limit {
            cache.keep(
                [1], for: try key("https://s\(number)/"), goodUntil: .max, at: moment(0))
        }
        let last = try key("https://s\(SessionCache.limit)/")
        #expect(cache.session(for: last, at: moment(1)) == nil)
        // Those that have ended make room.
        cache.keep([2], for: last, goodUntil: .max, at: moment(700))
        #expect(cache.session(for: last, at: moment(701)) == [2])
    }

    @Test func onlyWhoMayHasOne() {
        var request = HTTPRequest(url: "https://shop.example/", reuse: .connection)
        #expect(SessionCache.Key(request) == nil)
        request.reuse = .session
        #expect(SessionCache.Key(request) != nil)
        request.proxy = "https://proxy.example/"
        #expect(SessionCache.Key(request) == nil)
    }
}
