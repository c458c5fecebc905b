// SIGHUP means "read the configuration again", as it does for every daemon under systemd.

import ServiceLifecycle
import UnixSignals

struct HangupService: Service {
    let hangup: @Sendable () async -> Void

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() { await hangup() }
    }
}
