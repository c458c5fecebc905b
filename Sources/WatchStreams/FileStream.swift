// A followed log on its own thread: reads, sums up, and hands over at most every 25 ms.

import Glibc
import Synchronization
public import WatchCore

public final class FileStream: Sendable {
    /// Milliseconds between two batches.
    private static let pace: Int32 = 25
    /// Milliseconds between two looks without a wake-up.
    private static let fallback: Int32 = 1000
    /// Bytes read before a batch is handed over.
    private static let budget = 4 << 20

    private let service: String
    private let configuration: StreamConfiguration
    private let format: LogFormat
    private let time: any TimeSource
    private let position: FilePosition?
    private let beginning: FileFollower.Beginning
    private let sink: @Sendable (Event, FilePosition?) -> Void
    private let stopPipe: (read: Int32, write: Int32)
    private let thread = Mutex<pthread_t?>(nil)

    /// - Parameters:
    ///   - position: from the last checkpoint; nil: begin at the end of the file.
    ///   - sink: takes `.stream` events, each with the position up to which lines are contained
    ///     in batches so far; called on the stream's thread, must not block.
    /// - Throws: `LogFormatError`.
    public init(
        service: String, configuration: StreamConfiguration, time: any TimeSource,
        position: FilePosition?, beginning: FileFollower.Beginning = .end,
        sink: @escaping @Sendable (Event, FilePosition?) -> Void
    ) throws(LogFormatError) {
        switch configuration.format {
        case .nginx(let text): format = try LogFormat(text)
        }
        self.service = service
        self.configuration = configuration
        self.time = time
        self.position = position
        self.beginning = beginning
        self.sink = sink
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) == 0 {
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        stopPipe = (ends[0], ends[1])
    }

    deinit {
        close(stopPipe.read)
        close(stopPipe.write)
    }

    private var path: String {
        switch configuration.kind {
        case .file(let path): path
        }
    }

    /// Starts the thread; once.
    public func start() {
        thread.withLock { thread in
            guard thread == nil else { return }
            var created = pthread_t()
            let context = Unmanaged.passRetained(self).toOpaque()
            let result = pthread_create(
                &created, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<FileStream>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, context)
            if result == 0 {
                thread = created
            } else {
                Unmanaged<FileStream>.fromOpaque(context).release()
            }
        }
    }

    /// Ends the thread; its last batch has been handed over when this returns.
    public func stop() {
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let running else { return }
        var byte: UInt8 = 1
        _ = write(stopPipe.write, &byte, 1)
        pthread_join(running, nil)
    }

    private func run() {
        let follower = FileFollower(path: path, resumeAt: position, beginning: beginning)
        let waker = FileWaker(path: path, stop: stopPipe.read)
        var aggregator = StreamAggregator(format: format, errorStatus: configuration.errorStatus)
        var last: StreamBatch.Source?
        var goesOn = true
        while goesOn {
            let hasMore = turn(follower, &aggregator, &last)
            goesOn = waker.rest(milliseconds: Self.pace)
            if goesOn, !hasMore { goesOn = waker.wait(milliseconds: Self.fallback) }
        }
        _ = turn(follower, &aggregator, &last)
    }

    /// Reads what there is and hands it over; whether there is more.
    private func turn(
        _ follower: FileFollower, _ aggregator: inout StreamAggregator,
        _ last: inout StreamBatch.Source?
    ) -> Bool {
        let now = time.now()
        let poll = follower.poll(now: now.boot, budget: Self.budget) {
            aggregator.add($0, now: now)
        }
        if poll.tooLong > 0 { aggregator.addTooLong(poll.tooLong) }
        let source: StreamBatch.Source
        switch poll.state {
        case .reading: source = .reading
        case .unreadable(let why): source = .unreadable(why)
        }
        guard !aggregator.isEmpty || source != last else { return poll.hasMore }
        last = source
        sink(
            .stream(
                service: service, stream: configuration.name, aggregator.take(source: source)),
            follower.position)
        return poll.hasMore
    }
}
