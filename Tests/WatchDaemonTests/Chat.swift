// A receiver of webhooks on a real socket. It may be down for a while.

import Foundation
import Synchronization
import TestServers

final class Chat: Sendable {
    struct Message: Sendable, Hashable {
        /// What a receiver would know a repeat by.
        var key: String
        var text: String
    }

    private final class Switch: Sendable {
        private let state: Mutex<Bool>

        init(_ value: Bool) { state = Mutex(value) }

        var isOn: Bool { state.withLock { $0 } }

        func turn(on: Bool) { state.withLock { $0 = on } }
    }

    let messages = Happenings<Message>()
    let url: String
    private let server: ScriptedServer
    private let up: Switch

    init?(isUp: Bool = true) {
        let up = Switch(isUp)
        let server = ScriptedServer(readsRequest: false) { [messages] connection in
            guard let (head, body) = connection.readRequest() else { return }
            guard up.isOn else {
                connection.reset()
                return
            }
            let name = "idempotency-key:"
            let key = head.split(separator: "\r\n")
                .first { $0.lowercased().hasPrefix(name) }
                .map { $0.dropFirst(name.count).trimmingCharacters(in: .whitespaces) }
            messages.append(
                Message(key: key ?? "", text: String(decoding: body, as: UTF8.self)))
            connection.answer(200, [], "ok")
        }
        guard let server else { return nil }
        self.server = server
        self.up = up
        url = server.url
    }

    func comeUp() { up.turn(on: true) }

    func stop() {
        server.stop()
        messages.finish()
    }

    /// The first message with these words.
    func message(_ words: String) async -> Message? {
        await messages.first { $0.text.contains(words) }
    }

    func messages(_ words: String) -> [Message] {
        messages.all.filter { $0.text.contains(words) }
    }
}
