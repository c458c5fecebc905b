import Testing
import WatchCore
import WatchHTTP
import WatchSystem

@testable import WatchProbes

@Suite struct SleepRingTests {
    @Test func everybodyWakesAndNobodyBeforeTheTime() async {
        let time = SystemTime()
        let ring = SleepRing(time: time, alarm: TaskAlarm())
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
        let ring = SleepRing(time: SystemTime(), alarm: TaskAlarm())
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

    /// The client's thread is the alarm of hundreds, some of which do not wait for it.
    @Test func aClientsThreadWakesItsSleepers() async {
        let client = HTTPClient()
        let sleeper = SystemSleeper(on: client)
        let begin = sleeper.now().boot
        let far = Task { await sleeper.sleep(until: begin + .hours(1)) }
        await withTaskGroup(of: (Instant, Instant).self) { group in
            for number in (0..<300).reversed() {
                let home = number % 2 == 0 ? client.thread : nil
                group.addTask(executorPreference: home) {
                    let due = begin + .milliseconds(number)
                    await sleeper.sleep(until: due)
                    return (due, sleeper.now().boot)
                }
            }
            for await (due, woke) in group { #expect(woke >= due) }
        }
        far.cancel()
        await far.value
        // Who still sleeps when the client goes wakes all the same.
        let last = Task { await sleeper.sleep(until: sleeper.now().boot + .milliseconds(100)) }
        await client.shutdownAndWait()
        await last.value
    }

    @Test func pointsAreNotBeforeTheirTime() {
        let grain = SleepRing.grain.nanoseconds
        #expect(SleepRing.point(Instant(nanoseconds: 0)) == 0)
        #expect(SleepRing.point(Instant(nanoseconds: 1)) == 1)
        #expect(SleepRing.point(Instant(nanoseconds: grain)) == 1)
        #expect(SleepRing.point(Instant(nanoseconds: grain + 1)) == 2)
    }
}
