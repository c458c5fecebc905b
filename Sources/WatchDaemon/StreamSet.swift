// The streams that are followed, swapped at a reload without touching those that stay the same.

import Synchronization
import WatchCore
import WatchReceivers
import WatchStreams
import WatchSystem

final class StreamSet: Sendable {
    /// What a stream is made of; another one is another stream.
    private struct Wanted: Hashable {
        var service: String
        var configuration: StreamConfiguration
        /// Fields whose distinct values some rule asks for.
        var audiences: Set<String>
    }

    private struct Entry {
        var wanted: Wanted
        var stream: LogStream
    }

    private let time: any TimeSource
    private let queue: EventQueue
    private let secrets: any SecretSource
    private let clean: @Sendable (Event) -> Event
    private let entries = Mutex<[String: Entry]>([:])
    /// Held while streams are swapped: a stream that is started twice is stopped once. Whether all
    /// have been stopped for good.
    private let swapping = Mutex(false)
    /// How far each stream has handed over. Newer than what the engine has got to: a stream that is
    /// swapped goes on here, or its last lines would count twice.
    private let handedOver = Mutex<[String: StreamPosition]>([:])

    /// - Parameter clean: takes out of a batch what may not be stored.
    init(
        time: any TimeSource, queue: EventQueue, secrets: any SecretSource = SystemSecrets(),
        clean: @escaping @Sendable (Event) -> Event = { $0 }
    ) {
        self.time = time
        self.queue = queue
        self.secrets = secrets
        self.clean = clean
    }

    /// Follows what `configuration` names, from `positions` where one is known. What it does not
    /// name is forgotten: a stream that is named again later begins like a new one.
    func follow(_ configuration: Configuration, positions: [String: StreamPosition]) throws {
        try swapping.withLock { isStopped in
            if !isStopped { try swap(to: configuration, positions) }
        }
    }

    private func swap(
        to configuration: Configuration, _ positions: [String: StreamPosition]
    ) throws {
        var wanted: [String: Wanted] = [:]
        for service in configuration.services {
            for stream in service.streams {
                wanted["\(service.name)/\(stream.name)"] = Wanted(
                    service: service.name, configuration: stream,
                    audiences: configuration.audiences(
                        service: service.name, stream: stream.name))
            }
        }
        let gone = entries.withLock { entries in
            let gone = entries.filter { $0.value.wanted != wanted[$0.key] }
            for key in gone.keys { entries[key] = nil }
            return gone.values.map(\.stream)
        }
        for stream in gone { stream.stop() }
        handedOver.withLock { $0 = $0.filter { wanted[$0.key] != nil } }
        for (key, target) in wanted {
            guard entries.withLock({ $0[key] == nil }) else { continue }
            let stream = try LogStream(
                service: target.service, configuration: target.configuration, time: time,
                position: handedOver.withLock { $0[key] } ?? positions[key],
                audiences: target.audiences,
                receiver: { [secrets] in
                    Receivers.receiver(for: $0, inbox: $1, secrets: secrets)
                }
            ) { [self] event, position in hand(event, position, key) }
            entries.withLock { $0[key] = Entry(wanted: target, stream: stream) }
            stream.start()
        }
    }

    private func hand(_ event: Event, _ position: StreamPosition?, _ key: String) {
        if let position { handedOver.withLock { $0[key] = position } }
        queue.post(clean(event), position: position)
    }

    /// Stops all threads; their last batches are in the queue when this returns.
    func stop() {
        swapping.withLock { isStopped in
            isStopped = true
            let streams = entries.withLock { entries in
                defer { entries = [:] }
                return entries.values.map(\.stream)
            }
            for stream in streams { stream.stop() }
        }
    }
}
