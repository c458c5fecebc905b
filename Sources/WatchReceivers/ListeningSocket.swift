// What every listener of ours does: it binds, tries again where it cannot, says why, and stops.

import NIOCore
import NIOPosix
import Synchronization
import WatchStreams

/// Listens from `start` to `stop`. Where it cannot, the inbox is told why, and it tries again every
/// few seconds: an address can be there late, a socket of before can be in the way.
final class ListeningSocket: Sendable {
    typealias Bind = @Sendable (MultiThreadedEventLoopGroup) -> EventLoopFuture<any Channel>

    private static let retry = TimeAmount.seconds(2)
    /// A socket file is looked after so often.
    private static let lookEvery = TimeAmount.seconds(1)

    private struct State {
        var channel: (any Channel)?
        /// Of its socket file, if it has one.
        var identity: SocketFile.Identity?
        var isStopped = false
    }

    private let place: String
    private let inbox: LineInbox
    private let file: SocketFile?
    private let bind: Bind
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - place: where it listens, in words.
    ///   - file: its socket file, if it has one.
    init(
        at place: String, file: SocketFile? = nil, inbox: LineInbox, bind: @escaping Bind
    ) {
        self.file = file
        self.place = place
        self.inbox = inbox
        self.bind = bind
    }

    /// Where it listens; nil: nowhere yet.
    var port: Int? { state.withLock { $0.channel?.localAddress?.port } }

    func start() {
        // Not on the caller's thread: files are read, and names looked up.
        group.next().execute { [self] in open() }
    }

    private func open() {
        let way = file?.makeWay()
        let opening =
            way.map { group.next().makeFailedFuture(ListenRefusal(text: $0)) } ?? bind(group)
        opening.whenComplete { [self] result in
            switch result {
            case .success(let channel): opened(channel)
            case .failure(let error):
                inbox.report(sentence(error))
                again(in: Self.retry) { $0.open() }
            }
        }
    }

    private func sentence(_ error: any Error) -> String {
        if let file, let code = (error as? IOError)?.errnoCode { return file.sentence(code) }
        return ListenProblem.sentence(error, at: place)
    }

    private func again(in time: TimeAmount, _ what: @escaping @Sendable (ListeningSocket) -> Void) {
        guard !state.withLock({ $0.isStopped }) else { return }
        group.next().scheduleTask(in: time) { [self] in what(self) }
    }

    private func opened(_ channel: any Channel) {
        let identity = file?.identity
        let isStopped = state.withLock { state in
            state.channel = channel
            state.identity = identity
            return state.isStopped
        }
        if isStopped {
            channel.close(promise: nil)
        } else {
            inbox.report(nil)
            if file != nil { again(in: Self.lookEvery) { $0.look() } }
        }
    }

    /// Somebody took the file away: who comes from now on would not find us.
    private func look() {
        let (channel, made) = state.withLock { ($0.channel, $0.identity) }
        guard file?.identity != made else { return again(in: Self.lookEvery) { $0.look() } }
        guard let channel else { return }
        channel.close().whenComplete { [self] _ in open() }
    }

    /// When this returns, nothing more comes into the inbox.
    func stop() {
        let channel = state.withLock { state in
            state.isStopped = true
            return state.channel
        }
        if channel != nil { file?.remove(state.withLock { $0.identity }) }
        try? channel?.close().wait()
        try? group.syncShutdownGracefully()
    }
}
