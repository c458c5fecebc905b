import Testing

@testable import WatchCore

@Suite("Named values")
struct NamedTests {
    @Test("They are found by name and by place, in the order of the configuration")
    func order() {
        var named = Named<Int>()
        for (name, value) in [("b", 2), ("a", 1), ("c", 3)] { named.set(value, for: name) }
        #expect(named.names == ["b", "a", "c"])
        #expect(named.values == [2, 1, 3])
        #expect(named.place(of: "a") == 1)
        #expect(named["c"] == 3)
        #expect(named["d"] == nil)
        #expect(named.place(of: "d") == nil)
    }

    @Test("A value that is set again keeps its place")
    func replaced() {
        var named = Named<Int>()
        named.set(1, for: "a")
        named.set(2, for: "b")
        named.set(10, for: "a")
        named.update("b") { $0 += 1 }
        named.update("nobody") { $0 += 1 }
        #expect(named.names == ["a", "b"])
        #expect(named.values == [10, 3])
        #expect(named.mapped { $0 * 2 } == ["a": 20, "b": 6])
    }

    @Test("Many are found as few are", arguments: [8, 9, 100])
    func many(count: Int) {
        var named = Named<Int>()
        for value in 0..<count { named.set(value, for: "n\(value)") }
        #expect((0..<count).allSatisfy { named["n\($0)"] == $0 })
        #expect(named.place(of: "n\(count)") == nil)
        named.update("n3") { $0 = -3 }
        #expect(named["n3"] == -3)
    }
}
