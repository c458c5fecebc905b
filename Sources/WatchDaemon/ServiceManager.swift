// Tells systemd how it goes (sd_notify(3)). Outside systemd every call does nothing.

import CSystemd
import WatchCore

struct ServiceManager: Sendable {
    /// How often systemd wants to hear from us; nil: it does not (sd_watchdog_enabled(3)).
    let watchdogInterval: Duration?

    init() {
        var microseconds: UInt64 = 0
        watchdogInterval =
            sd_watchdog_enabled(0, &microseconds) > 0
            ? .microseconds(Int64(clamping: microseconds)) : nil
    }

    func ready(_ status: String) { notify("READY=1\nSTATUS=\(printable(status))") }

    func status(_ status: String) { notify("STATUS=\(printable(status))") }

    /// systemd wants the monotonic time of a reload, so that it can tell old answers from new.
    func reloading(at now: Moment) {
        notify("RELOADING=1\nMONOTONIC_USEC=\(now.boot.nanoseconds / 1000)")
    }

    func stopping() { notify("STOPPING=1") }

    /// To be sent only after the engine handled a tick.
    func alive() { notify("WATCHDOG=1") }

    private func notify(_ state: String) { sd_notify(0, state) }
}
