// Routes of a window against a recount, with far more routes than have a name.

import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct RouteStoreTests {
    private func tallies(_ counts: [String: (Int, Int)], others: Int = 0) -> RouteTallies {
        var tallies = RouteTallies()
        for (route, (count, errors)) in counts {
            tallies.add(.init(count: count, errors: errors), to: route)
        }
        tallies.add(.init(count: others), to: nil)
        return tallies
    }

    private func sum(_ tallies: RouteTallies) -> RouteTallies.Counts {
        tallies.routes.values.reduce(into: tallies.others) { $0.add($1) }
    }

    @Test func whatTheSlicesHoldIsTheTotal() {
        var store = RouteStore()
        store.add(tallies(["/a": (3, 1), "/b": (2, 0)]), to: 1)
        store.add(tallies(["/a": (1, 1)], others: 4), to: 2)
        #expect(store.total.routes["/a"] == .init(count: 4, errors: 2))
        #expect(store.total.others == .init(count: 4))
        store.drop(before: 2)
        #expect(store.total.routes == ["/a": .init(count: 1, errors: 1)])
        #expect(store.total.others == .init(count: 4))
        store.drop(before: 3)
        #expect(store.total == RouteTallies())
        #expect(store == RouteStore())
    }

    @Test func aRouteBeyondTheBoundIsTakenOutOfWhereItWasCounted() {
        var store = RouteStore()
        let crowd = Dictionary(uniqueKeysWithValues: (0..<200).map { ("/x/\($0)", (1, 0)) })
        store.add(tallies(crowd), to: 1)
        // No room: counted among the others in slice 2.
        store.add(tallies(["/late": (5, 5)]), to: 2)
        #expect(store.total.routes["/late"] == nil)
        #expect(store.total.others == .init(count: 5, errors: 5))
        // The crowd leaves, and the same route gets a place in slice 3.
        store.drop(before: 2)
        store.add(tallies(["/late": (7, 0)]), to: 3)
        #expect(store.total.routes == ["/late": .init(count: 7)])
        store.drop(before: 3)
        #expect(store.total.routes == ["/late": .init(count: 7)])
        #expect(store.total.others == .init())
    }

    @Test func aRouteThatIsAlwaysThereKeepsItsPlaceAmongInventedOnes() {
        var store = RouteStore()
        for second in Int64(0)..<300 {
            var counts = ["/orders": (50, 25)]
            for client in 0..<150 { counts["/scan/\(second)/\(client)"] = (1, 1) }
            store.add(tallies(counts), to: second)
            store.drop(before: second - 59)
            #expect(store.total.routes.count <= RouteTallies.limit)
        }
        #expect(store.total.routes["/orders"] == .init(count: 3000, errors: 1500))
        #expect(sum(store.total) == .init(count: 60 * 200, errors: 60 * 175))
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5])
    func requestsAreNeverLostNorCountedTwice(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var store = RouteStore()
        var kept: [(number: Int64, tallies: RouteTallies)] = []
        let variety = [5, 150, 400, 1000, 5000][Int(seed) % 5]
        for step in 0..<300 {
            let number = Int64(step) + Int64.random(in: -5...2, using: &random)
            let first = Int64(step) - 30
            var counts: [String: (Int, Int)] = [:]
            for _ in 0..<Int.random(in: 0...80, using: &random) {
                let count = Int.random(in: 1...20, using: &random)
                let route = "/r/\(Int.random(in: 0..<variety, using: &random))"
                counts[route] = (count, Int.random(in: 0...count, using: &random))
            }
            let tallies = tallies(counts, others: Int.random(in: 0...3, using: &random))
            if number >= first {
                store.add(tallies, to: number)
                kept.append((number, tallies))
            }
            store.drop(before: first)
            kept.removeAll { $0.number < first }
            let expected = kept.reduce(into: RouteTallies.Counts()) { $0.add(sum($1.tallies)) }
            #expect(sum(store.total) == expected)
            if variety <= RouteTallies.limit {
                let whole = kept.reduce(into: RouteTallies()) { $0.merge($1.tallies) }
                #expect(store.total == whole)
            }
            #expect(store.total.routes.values.allSatisfy { $0.count > 0 && $0.errors >= 0 })
            if step % 50 == 25 {
                let data = try JSONEncoder().encode(store)
                let restored = try JSONDecoder().decode(RouteStore.self, from: data)
                #expect(restored == store)
                store = restored
            }
        }
    }

    @Test func aDamagedCheckpointIsRefused() {
        let texts = [
            "{}", #"{"r":["/a"],"s":{"n":[1],"c":[{"e":[1,1,0],"o":[0,0]}]}}"#,
            #"{"r":["/a"],"s":{"n":[1],"c":[{"e":[0,1],"o":[0,0]}]}}"#,
            #"{"r":["/a"],"s":{"n":[1],"c":[{"e":[0,1,2],"o":[0,0]}]}}"#,
            #"{"r":["/a"],"s":{"n":[1],"c":[{"e":[0,-1,0],"o":[0,0]}]}}"#,
            #"{"r":["/a","/a"],"s":{"n":[1],"c":[{"e":[0,1,0],"o":[0,0]}]}}"#,
            #"{"r":["/a"],"s":{"n":[1],"c":[{"e":[0,1,0],"o":[0]}]}}"#,
            #"{"r":["/a"],"s":{"n":[1,0],"c":[{"e":[],"o":[0,0]},{"e":[],"o":[0,0]}]}}"#,
            #"{"r":["/a"],"s":{"n":[1],"c":[]}}"#,
        ]
        for text in texts {
            #expect(throws: DecodingError.self, "\(text)") {
                try JSONDecoder().decode(RouteStore.self, from: Data(text.utf8))
            }
        }
    }
}
