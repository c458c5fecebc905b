// The streams that are followed, swapped at a reload without touching those that stay the same.

import Synchronization
import WatchCore
import WatchStreams

final class StreamSet: Sendable {
    private struct Entry {
        var configuration: StreamConfiguration
        var stream: FileStream
    }

    private let time: any TimeSource
    private let queue: EventQueue
    private let entries = Mutex<[String: Entry]>([:])

    init(time: any TimeSource, queue: EventQueue) {
        self.time = time
        self.queue = queue
    }

    /// Follows what `configuration` names, from `positions` where one is known.
    func follow(_ configuration: Configuration, positions: [String: StreamPosition]) throws {
        var wanted: [String: (service: String, stream: StreamConfiguration)] = [:]
        for service in configuration.services {
            for stream in service.streams {
                wanted["\(service.name)/\(stream.name)"] = (service.name, stream)
            }
        }
        let gone = entries.withLock { entries in
            let gone = entries.filter { $0.value.configuration != wanted[$0.key]?.stream }
            for key in gone.keys { entries[key] = nil }
            return gone.values.map(\.stream)
        }
        for stream in gone { stream.stop() }
        for (key, target) in wanted {
            guard entries.withLock({ $0[key] == nil }) else { continue }
            let queue = queue
            let stream = try FileStream(
                service: target.service, configuration: target.stream, time: time,
                position: positions[key]
            ) { event, position in
                queue.post(event, position: position)
            }
            entries.withLock { $0[key] = Entry(configuration: target.stream, stream: stream) }
            stream.start()
        }
    }

    /// Stops all threads; their last batches are in the queue when this returns.
    func stop() {
        let streams = entries.withLock { entries in
            defer { entries = [:] }
            return entries.values.map(\.stream)
        }
        for stream in streams { stream.stop() }
    }
}
