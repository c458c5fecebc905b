// The secrets of a drain, read anew every few seconds: they are renewed while watchd runs.

import NIOCore
import Synchronization
import WatchCore
import WatchStreams

final class DrainKeyring: Sendable {
    private static let age = TimeAmount.seconds(5)

    private struct State {
        var keys = DrainKeys()
        var readAt: NIODeadline?
        var problem: String?

        var current: DrainKeys? { problem == nil ? keys : nil }
    }

    private let listener: DrainListener
    private let secrets: any SecretSource
    private let inbox: LineInbox
    private let state = Mutex(State())

    init(_ listener: DrainListener, _ secrets: any SecretSource, _ inbox: LineInbox) {
        self.listener = listener
        self.secrets = secrets
        self.inbox = inbox
    }

    /// nil: one cannot be read, which makes the stream unreadable, or can again.
    func keys(now: NIODeadline) -> DrainKeys? {
        state.withLock { state in
            if let readAt = state.readAt, now - readAt < Self.age { return state.current }
            state.readAt = now
            let before = state.problem
            do throws(Template.RenderError) {
                state.keys = try read()
                state.problem = nil
            } catch {
                switch error {
                case .secret(let secret): state.problem = secret.message
                case .noValue(let variable): state.problem = "${\(variable)} has no value"
                }
            }
            if state.problem != before { inbox.report(state.problem, of: .secrets) }
            return state.current
        }
    }

    private func read() throws(Template.RenderError) -> DrainKeys {
        var keys = DrainKeys()
        if let secret = listener.signature?.secret {
            keys.signature = Array(try secret.render(secrets: secrets).utf8)
        }
        if let token = listener.token {
            keys.token = Array(try token.render(secrets: secrets).utf8)
        }
        if let verify = listener.verify { keys.verify = try verify.render(secrets: secrets) }
        return keys
    }
}
