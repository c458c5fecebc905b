// The thread around a log: waits, reads a turn, hands over what it summed up.

import Glibc
import Synchronization
public import WatchCore
import WatchSystem

/// One stream, of whatever kind. Batches go to `sink`, called on the stream's own thread, at most
/// every 25 ms; while `sink` is slow nothing more is read, so no more than one batch waits. With
/// each batch comes the position up to which lines are contained in the batches so far: windows and
/// position stored together count each line once. The first batch has no lines and says whether the
/// log can be read.
public final class LogStream: Sendable {
    public typealias Sink = @Sendable (Event, StreamPosition?) -> Void

    /// A position that moves without lines is handed over so often.
    static let positionEvery = Duration.seconds(10)

    private struct State {
        var thread: pthread_t?
        var waker: Waker?
        var isStopping = false
        /// Of an inbox that could only be made later.
        var receiver: (any LineReceiver)?
        /// Nothing more is to be received.
        var isClosed = false
    }

    private let service: String
    private let configuration: StreamConfiguration
    private let rules: LineRules
    private let time: any TimeSource
    private let beginning: FileFollower.Beginning
    private let makeInbox: @Sendable () throws(SystemError) -> LineInbox
    private let makeReceiver: @Sendable (StreamConfiguration, LineInbox) -> (any LineReceiver)?
    private let inbox: LineInbox?
    private let receiver: (any LineReceiver)?
    private let position: StreamPosition?
    private let sink: Sink
    private let state = Mutex(State())

    /// `position`: where to go on; nil: see `beginning`. `audiences`: see `LineRules`. `receiver`:
    /// makes what fills the inbox of a stream whose lines are sent to us.
    public convenience init(
        service: String, configuration: StreamConfiguration, time: any TimeSource,
        position: StreamPosition?, beginning: FileFollower.Beginning = .end,
        audiences: Set<String>? = nil,
        receiver: @escaping @Sendable (StreamConfiguration, LineInbox) -> (any LineReceiver)? = {
            _, _ in nil
        },
        sink: @escaping Sink
    ) throws(LineRulesError) {
        try self.init(
            service: service, configuration: configuration, time: time, position: position,
            beginning: beginning, audiences: audiences, receiver: receiver,
            inbox: { () throws(SystemError) in try LineInbox() }, sink: sink)
    }

    /// - Parameter inbox: makes the inbox of a stream whose lines are sent to us.
    init(
        service: String, configuration: StreamConfiguration, time: any TimeSource,
        position: StreamPosition?, beginning: FileFollower.Beginning, audiences: Set<String>?,
        receiver: @escaping @Sendable (StreamConfiguration, LineInbox) -> (any LineReceiver)?,
        inbox makeInbox: @escaping @Sendable () throws(SystemError) -> LineInbox,
        sink: @escaping Sink
    ) throws(LineRulesError) {
        rules = try LineRules(configuration, audiences: audiences)
        self.makeInbox = makeInbox
        makeReceiver = receiver
        let inbox = configuration.isReceived ? try? makeInbox() : nil
        self.inbox = inbox
        self.receiver = inbox.flatMap { receiver(configuration, $0) }
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
        guard let problem else {
            receiver?.start()
            return
        }
        let reason = "\(name) cannot be followed (\(problem)); raise LimitNOFILE or TasksMax"
        send(StreamBatch(source: .unreadable(reason)), nil)
    }

    /// What it reads, in words.
    private var name: String {
        switch configuration.kind {
        case .file(let path): path
        case .files(let pattern): pattern
        case .journal(let selection): selection.summary
        case .command(let arguments): arguments.first ?? ""
        case .syslog(let listener): listener.endpoint.text
        case .drain(let listener): listener.text
        }
    }

    /// Makes the stream look at its file now.
    public func wake() { state.withLock { $0.waker }?.wake() }

    /// Ends the thread. When this returns, the last batch was handed over. Not for the sink.
    public func stop() {
        // What it put into the inbox is still taken out.
        receiver?.stop()
        let late = state.withLock { state in
            state.isClosed = true
            return state.receiver
        }
        late?.stop()
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
            let parser = try LineParser(rules)
            switch configuration.kind {
            case .file(let path):
                run(
                    waker, parser,
                    FileSource(path: path, position: position?.file, beginning: beginning))
            case .files(let pattern):
                run(
                    waker, parser,
                    GlobSource(
                        pattern: pattern, position: position?.files, beginning: beginning))
            case .journal(let selection):
                run(
                    waker, parser,
                    JournalSource(selection, position: position?.journal, beginning: beginning))
            case .command(let arguments): run(waker, parser, CommandSource(arguments))
            case .syslog(let listener):
                if case .unix(let path) = listener.endpoint {
                    run(waker, parser, UnixDatagramSource(listener, path: path))
                } else if let inbox = inbox ?? laterInbox(waker) {
                    run(waker, parser, InboxSource(inbox))
                }
            case .drain:
                if let inbox = inbox ?? laterInbox(waker) {
                    run(waker, parser, InboxSource(inbox))
                }
            }
        } catch {
            send(StreamBatch(source: .unreadable("\(name) cannot be parsed: \(error)")), nil)
        }
    }

    /// Tries again and again, and tells meanwhile that nothing can be received; nil: the stream is
    /// to stop.
    private func laterInbox(_ waker: Waker) -> LineInbox? {
        var told: String?
        while !isStopping {
            do throws(SystemError) {
                let inbox = try makeInbox()
                let receiver = makeReceiver(configuration, inbox)
                return state.withLock { state in
                    guard !state.isClosed else { return nil }
                    state.receiver = receiver
                    // In here, so that whoever stops it stops one that has begun.
                    receiver?.start()
                    return inbox
                }
            } catch {
                let reason =
                    "nothing can be received at \(name) (\(error)); raise LimitNOFILE of the unit, "
                    + "watchd tries again"
                if reason != told { send(StreamBatch(source: .unreadable(reason)), nil) }
                told = reason
            }
            _ = waker.wait(.change)
        }
        return nil
    }

    private func run(_ waker: Waker, _ parser: LineParser, _ log: some LogSource) {
        defer { log.close() }
        var builder = BatchBuilder(parser)
        log.look(now: time.now())
        var source = log.source
        var position = log.position(before: builder.held)
        send(builder.take(source: source), position)
        var sent = time.now().boot
        var isDue = false
        var isLast = false
        while true {
            let moment = time.now()
            builder.begin(at: moment)
            let hasMore = log.poll(now: moment, into: &builder)
            if !hasMore { builder.finishRecordIfDue() }
            // It would not be read again.
            if isLast, log.position(before: builder.held) == nil { builder.finishRecord() }
            if moment.boot - sent >= Waker.pace { isDue = true }
            let isNews =
                !builder.isEmpty || source != log.source
                || (moment.boot - sent >= Self.positionEvery
                    && position != log.position(before: builder.held))
            if isDue || isLast || builder.isFull, isNews {
                source = log.source
                position = log.position(before: builder.held)
                var batch = builder.take(source: source)
                batch.isBehind = hasMore
                send(batch, position)
                sent = moment.boot
                isDue = false
            }
            if isLast {
                if log.holdsLines { continue }
                return
            }
            // What came before a watch was set is looked for once more.
            let isWatchedAnew = log.watch(with: waker)
            let goesOn = hasMore || isWatchedAnew
            let wait: Waker.Wait = goesOn ? .none : isDue ? .change : .pace
            // Nobody called while the pace was waited for: it is due.
            let patience = [log.patience, builder.patience].compactMap { $0 }.min()
            let descriptors = wait == .change || log.isUrgent ? log.descriptors : []
            if waker.wait(wait, at: descriptors, within: patience), wait == .pace {
                isDue = true
            }
            isLast = isStopping
        }
    }

    private func send(_ batch: StreamBatch, _ position: StreamPosition?) {
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
