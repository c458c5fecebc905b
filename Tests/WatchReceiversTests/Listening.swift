// A stream that is sent to, and what it handed over.

import Foundation
import Synchronization
import TestServers
import WatchCore
import WatchReceivers
import WatchStreams
import WatchSystem

protocol HasPort: LineReceiver {
    var port: Int? { get }
}

struct Secrets: SecretSource {
    func secret(_ reference: SecretReference) throws(SecretError) -> String {
        guard case .credential(let name) = reference, name != "gone" else {
            throw SecretError(message: "\(reference) cannot be read")
        }
        return "the \(name)"
    }
}

extension SyslogReceiver: HasPort {}
extension DrainReceiver: HasPort {}

final class Listening: Sendable {
    struct Sum {
        var lines = 0
        var counted = 0
        var errors = 0
        var patterns = 0
        var losses = StreamBatch.Losses()
        /// Why it could not be read, once.
        var reason = ""
        var isReading = false
        var turnedAway: StreamBatch.TurnedAway?
    }

    private let sum = Mutex(Sum())
    private let gate = DispatchSemaphore(value: 1)
    private let receiver: Mutex<(any HasPort)?> = Mutex(nil)
    private let stream: Mutex<LogStream?> = Mutex(nil)
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    init(
        _ configuration: StreamConfiguration,
        _ make: @escaping @Sendable (StreamConfiguration, LineInbox) -> (any HasPort)?
    ) throws {
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let stream = try LogStream(
            service: "shop", configuration: configuration, time: SystemTime(), position: nil,
            receiver: { [self] stream, inbox in
                let receiver = make(stream, inbox)
                self.receiver.withLock { $0 = receiver }
                return receiver
            }
        ) { [self] event, _ in take(event) }
        self.stream.withLock { $0 = stream }
        stream.start()
    }

    convenience init(_ listener: SyslogListener) throws {
        var configuration = StreamConfiguration(
            name: "app", kind: .syslog(listener), format: .lines)
        configuration.error = try LineCondition("level >= error")
        configuration.patterns = [.init("line", "^line")]
        try self.init(configuration) { stream, inbox in
            guard case .syslog(let listener) = stream.kind, listener.isReceived else { return nil }
            return SyslogReceiver(listener, inbox: inbox, secrets: Secrets())
        }
    }

    private func take(_ event: Event) {
        gate.wait()
        gate.signal()
        guard case .stream(_, _, let batch) = event else { return }
        sum.withLock {
            $0.lines += batch.lines
            $0.counted += batch.slices.reduce(0) { $0 + $1.count }
            $0.errors += batch.slices.reduce(0) { $0 + $1.errors }
            $0.patterns += batch.slices.reduce(0) { $0 + ($1.patterns["line"] ?? 0) }
            $0.losses.dropped += batch.losses.dropped
            $0.losses.tooLong += batch.losses.tooLong
            $0.losses.unparsed += batch.losses.unparsed
            $0.turnedAway = batch.turnedAway ?? $0.turnedAway
            switch batch.source {
            case .unreadable(let why): ($0.reason, $0.isReading) = (why, false)
            case .reading: $0.isReading = true
            }
        }
        change.yield()
    }

    func wait(until condition: (borrowing Sum) -> Bool) async {
        if sum.withLock({ condition($0) }) { return }
        for await _ in changes where sum.withLock({ condition($0) }) { return }
    }

    /// Where it listens, once it does.
    var port: Int {
        get async {
            while true {
                if let port = receiver.withLock({ $0?.port }) { return port }
                await Task.yield()
            }
        }
    }

    var seen: Sum { sum.withLock { $0 } }

    /// From now on nothing is handed over, and so nothing is taken out of the inbox.
    func hold() { gate.wait() }
    func release() { gate.signal() }

    func stop() { stream.withLock { $0 }?.stop() }
}

/// What a program printed, and how it ended.
func run(_ command: [String], _ input: String = "") async throws -> (status: Int32, text: String) {
    // On a thread of its own: the pool's would be missed by whoever else waits.
    try await withCheckedThrowingContinuation { done in
        Thread {
            done.resume(with: Result { try runNow(command, input) })
        }.start()
    }
}

private func runNow(_ command: [String], _ input: String) throws -> (status: Int32, text: String) {
    let process = ChildProcess()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    let (incoming, outgoing) = (Pipe(), Pipe())
    process.standardInput = incoming
    process.standardOutput = outgoing
    process.standardError = FileHandle.nullDevice
    try process.run()
    try incoming.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try incoming.fileHandleForWriting.close()
    let data = outgoing.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}
