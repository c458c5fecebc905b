// What runs on of a step whose shim was killed. Nobody would end it in time, and it would be at
// work beside whatever comes next, also beside the step itself when its check lets it run again.

import Glibc
import WatchSystem

struct Leftovers: Sendable {
    /// Between two looks.
    private static let pause = 0.02
    /// So many looks between two interrupts; see the shim.
    private static let insistence = 25
    /// Seconds to wait for a process after SIGKILL.
    private static let patience = 10.0

    let claim: Claim
    /// The task's id, which its programs have in their environment.
    let task: String
    /// `$HOME` of its programs: tasks of another watchd on this host may have the same ids.
    let home: String

    /// Ends all of it as the shim would have: by `first`, and by SIGKILL after `grace` seconds.
    /// Blocks.
    /// - Returns: what to tell people; nil: nothing was left.
    func end(by first: Int32, grace: Double) -> String? {
        var met: Set<pid_t> = []
        for (number, seconds) in [(first, grace), (SIGKILL, Self.patience)] {
            for look in 0...Int(seconds / Self.pause) {
                let insists =
                    number == SIGKILL || (number == SIGINT && look % Self.insistence == 0)

                let living = living()
                guard let oldest = living.first else { return Self.text(met.count) }
                for process in living where insists || !met.contains(process.pid) {
                    process.send(number)
                }
                met.formUnion(living.map(\.pid))
                _ = oldest.wait(seconds: Self.pause)
            }
        }
        return "\(living().count) processes that its shim left behind do not die of SIGKILL"
    }

    private static func text(_ count: Int) -> String? {
        switch count {
        case 0: nil
        case 1: "a process that its shim left behind was ended"
        default: "\(count) processes that its shim left behind were ended"
        }
    }

    private func living() -> [ShimProcess] {
        let session = session
        return TaskDirectory.entries("/proc").compactMap { name in
            guard let pid = pid_t(name), pid != getpid(), let status = Status(pid),
                !status.isDead, status.start >= claim.pidStart,
                status.session == session || isMarked(pid)
            else { return nil }
            return ShimProcess.find(pid: pid, start: status.start)
        }
    }

    /// The shim leads a session of its own, and its number is nobody else's while somebody of the
    /// session lives. nil: it is another process's by now.
    private var session: pid_t? {
        guard claim.pid > 0, claim.pid != getsid(0) else { return nil }
        if let start = ShimProcess.startTime(claim.pid), start != claim.pidStart { return nil }
        return claim.pid
    }

    /// Who left the session is known by its environment.
    private func isMarked(_ pid: pid_t) -> Bool {
        guard let bytes = try? File.read("/proc/\(pid)/environ", limit: 1 << 20) else {
            return false
        }
        let values = bytes.split(separator: 0)
        return values.contains { $0.elementsEqual("WATCHD_TASK=\(task)".utf8) }
            && values.contains { $0.elementsEqual("HOME=\(home)".utf8) }
    }

    /// The fields of /proc/PID/stat (proc(5)) that matter here.
    private struct Status {
        var isDead: Bool
        var session: pid_t
        var start: UInt64

        init?(_ pid: pid_t) {
            guard let bytes = try? File.read("/proc/\(pid)/stat", limit: 4096) else { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            // The name in parentheses may hold anything, also blanks and parentheses.
            guard let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 19, let session = pid_t(fields[3]), let start = UInt64(fields[19])
            else { return nil }
            isDead = fields[0] == "Z" || fields[0] == "X"
            self.session = session
            self.start = start
        }
    }
}
