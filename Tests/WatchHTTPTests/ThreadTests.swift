import Glibc
import Synchronization
import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchSystem

/// Tasks that live on the client's thread.
@Suite struct ThreadTests {
    private static func thread() async -> pthread_t { pthread_self() }

    @Test func aTaskThatLivesThereAsksAndGoesOnThere() async throws {
        let client = HTTPClient()
        try await withServer {
            $0.answer()
        } _: { server in
            let request = HTTPRequest(url: server.url)
            let task = Task(executorPreference: client.thread) {
                let before = await Self.thread()
                let status = await client.send(request).response?.status
                return (status, before, await Self.thread())
            }
            let (status, before, after) = await task.value
            #expect(status == 200)
            #expect(before == after)
            let other = Task(executorPreference: client.thread) { await Self.thread() }
            #expect(await other.value == before)
        }
    }

    @Test func hundredsThatLiveThereAllGetTheirAnswers() async throws {
        let client = HTTPClient()
        try await withServer {
            $0.answer()
        } _: { server in
            let request = HTTPRequest(url: server.url)
            let good = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<32 {
                    group.addTask(executorPreference: client.thread) {
                        var good = 0
                        for _ in 0..<20 where await client.send(request).response?.status == 200 {
                            good += 1
                        }
                        return good
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(good == 640)
        }
    }

    @Test func oneThatLivesThereCanBeCancelled() async throws {
        let client = HTTPClient()
        let (arrivals, feed) = AsyncStream.makeStream(of: Void.self)
        try await withServer { connection in
            feed.yield()
            connection.hang()
        } _: { server in
            let request = HTTPRequest(url: server.url, timeout: nil)
            let task = Task(executorPreference: client.thread) { await client.send(request) }
            for await _ in arrivals { break }
            task.cancel()
            #expect(await task.value.failure?.kind == .cancelled)
        }
    }

    @Test func afterTheShutdownTasksGoOnElsewhere() async throws {
        let client = HTTPClient()
        let (arrivals, feed) = AsyncStream.makeStream(of: Void.self)
        try await withServer { connection in
            feed.yield()
            connection.hang()
        } _: { server in
            let request = HTTPRequest(url: server.url, timeout: nil)
            let pending = Task(executorPreference: client.thread) { await client.send(request) }
            for await _ in arrivals { break }
            await client.shutdownAndWait()
            #expect(await pending.value.failure?.kind == .cancelled)
            let late = Task(executorPreference: client.thread) { await client.send(request) }
            #expect(await late.value.failure?.kind == .cancelled)
        }
    }

    /// A thread that always has something to do must still serve the others.
    @Test func tasksThatNeverRestDoNotKeepARequestWaiting() async throws {
        let client = HTTPClient()
        try await withServer {
            $0.answer()
        } _: { server in
            let busy = Task(executorPreference: client.thread) {
                while !Task.isCancelled { await Task.yield() }
            }
            #expect(await client.send(HTTPRequest(url: server.url)).response?.status == 200)
            busy.cancel()
            await busy.value
        }
    }

    @Test func theAlarmRingsOnTheThreadAndNotBeforeItsTime() async {
        let client = HTTPClient()
        let home = await Task(executorPreference: client.thread) { await Self.thread() }.value
        let due = SystemTime().boot() + .milliseconds(30)
        let (at, thread) = await withCheckedContinuation { continuation in
            let alarm = client.makeAlarm()
            alarm.set(at: due + .hours(1)) {}
            // The sooner one takes its place, and wakes the thread from its sleep.
            alarm.set(at: due) {
                continuation.resume(returning: (SystemTime().boot(), pthread_self()))
            }
            // Another's is another.
            client.makeAlarm().set(at: due + .hours(2)) {}
        }
        #expect(at >= due)
        #expect(thread == home)
    }

    @Test func anAlarmOutlivesTheThread() async {
        let client = HTTPClient()
        let due = SystemTime().boot() + .milliseconds(50)
        let rings = Mutex(0)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            client.makeAlarm().set(at: due) {
                rings.withLock { $0 += 1 }
                continuation.resume()
            }
            client.shutdown()
        }
        #expect(SystemTime().boot() >= due)
        await client.shutdownAndWait()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            client.makeAlarm().set(at: SystemTime().boot()) { continuation.resume() }
        }
        #expect(rings.withLock { $0 } == 1)
    }
}
