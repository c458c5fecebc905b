// All outgoing HTTP of the program: one libcurl multi handle on one thread. Callers suspend; no
// thread of Swift's pool ever waits for a network.

public import WatchCore

public final class HTTPClient: Sendable {
    private let loop: TransferLoop

    /// - Parameter limit: requests under way at once; one more fails as `noLocalResources`.
    /// - Parameter keptFor: the age at which a connection is not used again, in whole seconds.
    public init(
        userAgent: String = "watchd", limit: Int = 8192, keptFor: Duration = .minutes(1)
    ) {
        loop = TransferLoop(userAgent: userAgent, limit: limit, keptFor: keptFor)
        loop.start()
    }

    deinit { loop.shutdown() }

    /// Sends and waits for the whole answer. Cancelling the task cancels the transfer.
    public nonisolated(nonsending) func send(_ request: HTTPRequest) async -> HTTPResult {
        await run(PreparedRequest(request), onBytes: nil)
    }

    public nonisolated(nonsending) func send(_ request: PreparedRequest) async -> HTTPResult {
        await run(request, onBytes: nil)
    }

    /// As `send`, but the body of a 2xx answer goes to `onBytes` piece by piece, without limit.
    /// - Parameter onBytes: runs on the client's thread and must not block; false ends the
    ///   transfer, as a success.
    public nonisolated(nonsending) func stream(
        _ request: HTTPRequest, onBytes: @escaping @Sendable ([UInt8]) -> Bool
    ) async -> HTTPResult {
        await run(PreparedRequest(request), onBytes: onBytes)
    }

    /// Connects, with TLS for an `https:` URL, says something and listens; no HTTP is spoken.
    /// - Returns: a response of status 0 whose body is what was heard, and how it ended. A failure
    ///   is of the connection, or of sending.
    public nonisolated(nonsending) func converse(
        _ request: HTTPRequest, _ exchange: Exchange
    ) async -> HTTPResult {
        var request = request
        request.connectOnly = true
        return await run(PreparedRequest(request), onBytes: nil, exchange: exchange)
    }

    /// The client's thread, for tasks that do little but ask: they need no other thread between
    /// question and answer. They must not block, nor compute for long: all requests wait meanwhile.
    /// After the shutdown they go on elsewhere.
    public var thread: any TaskExecutor { loop }

    /// What the client's thread can be woken by, besides its requests.
    public struct Alarm: Sendable {
        fileprivate let loop: TransferLoop
        fileprivate let id: UInt64

        /// Calls `ring` once on the client's thread, at `due` or within a millisecond after it;
        /// after the shutdown elsewhere. What was set before does not ring any more, unless it does
        /// just now.
        /// - Parameter ring: must not block.
        public func set(at due: Instant, _ ring: @escaping @Sendable () -> Void) {
            loop.set(TransferInbox.Alarm(id: id, due: due, ring: ring))
        }
    }

    public func makeAlarm() -> Alarm { Alarm(loop: loop, id: loop.newID()) }

    /// Ends every transfer as `cancelled` and the thread after them; returns at once.
    public func shutdown() { loop.shutdown() }

    /// As `shutdown`, and waits until libcurl is not used any more: to be called before exit.
    public func shutdownAndWait() async {
        loop.shutdown()
        await loop.waitForEnd()
    }

    /// Where its caller runs, like those above: waiting is no reason to go elsewhere.
    private nonisolated(nonsending) func run(
        _ request: PreparedRequest, onBytes: (@Sendable ([UInt8]) -> Bool)?,
        exchange: Exchange? = nil
    ) async -> HTTPResult {
        if let refusal = request.refusal {
            let message = "\(request.request.target): \(refusal)"
            return .failure(.unsent(.badRequest, message))
        }
        let id = loop.newID()
        return await withTaskCancellationHandler {
            // An order is finished once, whatever happens.
            await withUnsafeContinuation { continuation in
                loop.submit(
                    TransferLoop.Order(
                        id: id, prepared: request, onBytes: onBytes, exchange: exchange,
                        finish: { continuation.resume(returning: $0) }))
                // A cancellation before the line above found nothing to cancel.
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
    }
}
