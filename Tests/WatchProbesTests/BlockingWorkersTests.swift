import Glibc
import Synchronization
import Testing
import WatchCore
import WatchProbes

@Suite struct BlockingWorkersTests {
    /// A call that blocks its thread until the other end of a pipe is closed.
    private final class Hang: Sendable {
        private let ends: [Int32]

        init() {
            var ends: [Int32] = [0, 0]
            pipe(&ends)
            self.ends = ends
        }

        func block() {
            var byte: UInt8 = 0
            read(ends[0], &byte, 1)
            close(ends[0])
        }

        func release() { close(ends[1]) }
    }

    @Test func aCallThatNeverReturnsTimesOutAndTheNextForItIsRefused() async {
        let time = ManualTime()
        let workers = BlockingWorkers(time: time)
        let hang = Hang()
        async let stuck = workers.run(key: "nfs", timeout: .seconds(5)) { hang.block() }
        await time.untilSleeping(1)
        time.advance(by: .seconds(5))
        #expect(await failure(stuck) == .timedOut)
        let again = await workers.run(key: "nfs", timeout: .seconds(5)) {}
        #expect(failure(again) == .stuck)
        let other = await workers.run(key: "local", timeout: .seconds(5)) { 42 }
        #expect(other == .success(42))
        hang.release()
    }

    @Test func threadsAndQueueAreBounded() async {
        let time = ManualTime()
        let workers = BlockingWorkers(threads: 1, queue: 1, time: time)
        let hang = Hang()
        let (started, feed) = AsyncStream.makeStream(of: Void.self)
        async let busy = workers.run(key: "a", timeout: .seconds(60)) {
            feed.yield()
            hang.block()
        }
        for await _ in started { break }
        await time.untilSleeping(1)
        async let waiting = workers.run(key: "b", timeout: .seconds(60)) { 2 }
        await time.untilSleeping(2)
        let refused = await workers.run(key: "c", timeout: .seconds(60)) { 3 }
        #expect(refused == .failure(.full))
        hang.release()
        #expect(failure(await busy) == nil)
        #expect(await waiting == .success(2))
    }

    @Test func whatNobodyWaitsForAnyMoreIsNeverBegun() async {
        let time = ManualTime()
        let workers = BlockingWorkers(threads: 1, queue: 1, time: time)
        let hang = Hang()
        let (started, feed) = AsyncStream.makeStream(of: Void.self)
        async let busy = workers.run(key: "a", timeout: .seconds(60)) {
            feed.yield()
            hang.block()
        }
        for await _ in started { break }
        await time.untilSleeping(1)
        let began = Atomic(false)
        async let waiting = workers.run(key: "b", timeout: .seconds(5)) {
            began.store(true, ordering: .relaxed)
        }
        await time.untilSleeping(2)
        time.advance(by: .seconds(5))
        #expect(await failure(waiting) == .full)
        // Its place is free, and so is its key.
        async let next = workers.run(key: "b", timeout: .seconds(60)) { 2 }
        await time.untilSleeping(2)
        hang.release()
        #expect(await next == .success(2))
        #expect(failure(await busy) == nil)
        let hasBegun = began.load(ordering: .relaxed)
        #expect(!hasBegun)
    }

    @Test func theTimeOfWorkMayBeginWhenItBegins() async {
        let time = ManualTime()
        let workers = BlockingWorkers(threads: 1, queue: 1, time: time)
        let (first, second) = (Hang(), Hang())
        let (started, feed) = AsyncStream.makeStream(of: Void.self)
        async let busy = workers.run(key: "a", timeout: .seconds(60)) {
            feed.yield()
            first.block()
        }
        for await _ in started { break }
        await time.untilSleeping(1)
        let (begun, tell) = AsyncStream.makeStream(of: Void.self)
        async let waiting = workers.run(
            key: "b", timeout: .seconds(10), waiting: .seconds(5)
        ) {
            tell.yield()
            second.block()
            return 2
        }
        await time.untilSleeping(2)
        time.advance(by: .seconds(4))
        first.release()
        #expect(failure(await busy) == nil)
        for await _ in begun { break }
        // The line was left after four seconds: fourteen are the limit.
        time.advance(by: .seconds(9))
        second.release()
        #expect(await waiting == .success(2))
    }

    private func failure<Value>(
        _ result: Result<Value, BlockingWorkers.Failure>
    ) -> BlockingWorkers.Failure? {
        if case .failure(let failure) = result { failure } else { nil }
    }
}
