import Testing
import WatchCore
import WatchSystem

@testable import WatchProbes

@Suite struct SleepRingTests {
    @Test func everybodyWakesAndNobodyBeforeTheTime() async {
        let time = SystemTime()
        let ring = SleepRing(time: time)
        let begin = time.now().boot
        await withTaskGroup(of: (Instant, Instant).self) { group in
            // The later ones first, so that the timer must be set anew.
            for number in (0..<500).reversed() {
                group.addTask {
                    let due = begin + .milliseconds(number % 100)
                    await ring.sleep(until: due)
                    return (due, time.now().boot)
                }
            }
            for await (due, woke) in group { #expect(woke >= due) }
        }
    }

    @Test func whoIsCancelledWakesAtOnce() async {
        let ring = SleepRing(time: SystemTime())
        let far = SystemTime().now().boot + .hours(1)
        let tasks = (0..<10).map { _ in Task { await ring.sleep(until: far) } }
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await ring.sleep(until: far)
        }
        for task in tasks { task.cancel() }
        for task in tasks + [late] { await task.value }
        // And what has gone by is not waited for.
        await ring.sleep(until: Instant(nanoseconds: 0))
    }

    @Test func pointsAreNotBeforeTheirTime() {
        let grain = SleepRing.grain.nanoseconds
        #expect(SleepRing.point(Instant(nanoseconds: 0)) == 0)
        #expect(SleepRing.point(Instant(nanoseconds: 1)) == 1)
        #expect(SleepRing.point(Instant(nanoseconds: grain)) == 1)
        #expect(SleepRing.point(Instant(nanoseconds: grain + 1)) == 2)
    }
}
