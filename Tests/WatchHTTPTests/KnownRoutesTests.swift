import Synchronization
import Testing
import WatchCore

@testable import WatchHTTP

@Suite struct KnownRoutesTests {
    private final class Hands: TimeSource {
        private let seconds = Mutex(0.0)

        func turn(to time: Double) { seconds.withLock { $0 = time } }

        func now() -> Moment {
            seconds.withLock { Moment(boot: .seconds($0), wall: .seconds($0)) }
        }
    }

    @Test func aWayIsLookedForAgainAfterAMoment() {
        let time = Hands()
        let routes = KnownRoutes(time: time)
        #expect(!routes.isKnown([1]))
        routes.note([1])
        #expect(routes.isKnown([1]) && !routes.isKnown([2]))
        time.turn(to: 11)
        #expect(!routes.isKnown([1]))
    }

    @Test func thereAreOnlySoMany() {
        let time = Hands()
        let routes = KnownRoutes(time: time)
        func address(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }
        for number in 0...KnownRoutes.limit { routes.note(address(number)) }
        #expect(!routes.isKnown(address(KnownRoutes.limit)))
        time.turn(to: 11)
        routes.note(address(KnownRoutes.limit))
        #expect(routes.isKnown(address(KnownRoutes.limit)))
    }
}
