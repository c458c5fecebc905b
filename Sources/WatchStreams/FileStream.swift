// The thread around a follower: waits, reads a turn, hands over what it summed up.

import Glibc
import Synchronization
public import WatchCore
import WatchSystem

/// One `file` stream. Batches go to `sink`, called on the stream's own thread, at most every 25 ms;
/// while `sink` is slow nothing more is read, so no more than one batch waits. With each batch
/// comes the position up to which lines are contained in the batches so far: windows and position
/// stored together count each line once. The first batch has no lines and says whether the file
/// can be read.
public final class FileStream: Sendable {
    public typealias Sink = @Sendable (Event, FilePosition?) -> Void

    private struct State {
        var thread: pthread_t?
        var waker: Waker?
        var isStopping = false
    }

    private let service: String
    private let configuration: StreamConfiguration
    private let path: String
    private let rules: LineRules
    private let time: any TimeSource
    private let beginning: FileFollower.Beginning
    private let position: FilePosition?
    private let sink: Sink
    private let state = Mutex(State())

    /// `position`: where to go on; nil: see `beginning`. `audiences`: see `LineRules`.
    public init(
        service: String, configuration: StreamConfiguration, time: any TimeSource,
        position: FilePosition?, beginning: FileFollower.Beginning = .end,
        audiences: Set<String>? = nil, sink: @escaping Sink
    ) throws(LineRulesError) {
        rules = try LineRules(configuration, audiences: audiences)
        switch configuration.kind {
        case .file(let path): self.path = path
        }
        self.service = service
        self.configuration = configuration
        self.time = time
        self.position = position
        self.beginning = beginning
        self.sink = sink
    }

    /// Begins to follow; once.
    public func start() {
        let problem = state.withLock { state -> SystemError? in
            guard state.thread == nil, !state.isStopping else { return nil }
            do throws(SystemError) {
                let waker = try Waker()
                state.thread = try Self.thread { [self] in parse(waker) }
                state.waker = waker
                return nil
            } catch {
                return error
            }
        }
        guard let problem else { return }
        let reason = "\(path) cannot be followed (\(problem)); raise LimitNOFILE or TasksMax"
        send(StreamBatch(source: .unreadable(reason)), nil)
    }

    /// Makes the stream look at its file now.
    public func wake() { state.withLock { $0.waker }?.wake() }

    /// Ends the thread. When this returns, the last batch was handed over. Not for the sink.
    public func stop() {
        let thread = state.withLock { state -> pthread_t? in
            state.isStopping = true
            state.waker?.wake()
            defer { state.thread = nil }
            return state.thread
        }
        guard let thread else { return }
        pthread_join(thread, nil)
        state.withLock { $0.waker = nil }
    }

    // MARK: - On the thread

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func parse(_ waker: Waker) {
        do {
            run(waker, try LineParser(rules))
        } catch {
            send(StreamBatch(source: .unreadable("\(path) cannot be parsed: \(error)")), nil)
        }
    }

    private func run(_ waker: Waker, _ parser: LineParser) {
        let follower = FileFollower(
            path: path, position: position, beginning: beginning)
        var builder = BatchBuilder(parser)
        follower.look(now: time.now().boot)
        var source = follower.source
        send(builder.take(source: source), follower.position)
        var sent = time.now().boot
        var isDue = false
        var isLast = false
        var watched = -1
        while true {
            let moment = time.now()
            builder.begin(at: moment)
            let outcome = follower.poll(now: moment.boot, into: &builder)
            if moment.boot - sent >= Waker.pace { isDue = true }
            if isDue || isLast, !builder.isEmpty || source != follower.source {
                source = follower.source
                send(builder.take(source: source), follower.position)
                sent = moment.boot
                isDue = false
            }
            if isLast { return }
            let isWatched = watched == follower.generation
            if !isWatched {
                watched = follower.generation
                waker.watch(path: path, descriptors: follower.descriptors)
            }
            // What came before the watch was set is looked for once more.
            let goesOn = outcome.hasMore || !isWatched
            let wait: Waker.Wait = goesOn ? .none : isDue ? .change : .pace
            // Nobody called while the pace was waited for: it is due.
            if waker.wait(wait), wait == .pace { isDue = true }
            isLast = isStopping
        }
    }

    private func send(_ batch: StreamBatch, _ position: FilePosition?) {
        sink(.stream(service: service, stream: configuration.name, batch), position)
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func thread(
        _ run: @escaping @Sendable () -> Void
    ) throws(SystemError) -> pthread_t {
        let body = Unmanaged.passRetained(Body(run))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        guard code == 0 else {
            body.release()
            throw SystemError("start a thread", code: code)
        }
        return thread
    }
}
