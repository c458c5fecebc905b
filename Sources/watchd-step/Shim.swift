// One step from claim to exit record. A single loop waits for the program's output, for signals
// (a child died, somebody cancels) and for the deadline.

import CProcess
import Glibc

final class Shim {
    private enum Phase {
        case running
        /// It was asked to end; the whole group has until the deadline.
        case terminating
        /// SIGKILL was sent; only a process stuck in the kernel survives this.
        case killing
    }

    /// Seconds between two interrupts: one that comes while psql connects, or waits for another
    /// program, is lost on it.
    private static let insistence = 0.5
    /// Seconds to wait for a process after SIGKILL.
    private static let patience = 10.0

    private let arguments: Arguments
    /// What it prints: all of it, or where its answer is kept apart, its complaints.
    private var output: Channel
    /// Its standard output, where that is kept apart.
    private var answer: Channel?
    private var signals: Int32 = -1
    private var program: pid_t = 0
    /// Wait status of the program, once it is reaped.
    private var status: Int32?
    private var cancelled = false

    init(_ arguments: Arguments) {
        self.arguments = arguments
        output = Channel(limit: arguments.outputLimit)
        if arguments.separatesAnswer { answer = Channel(limit: arguments.outputLimit) }
    }

    func run() -> ShimExit {
        catchSignals()
        setsid()
        guard signals >= 0, watchd_become_subreaper() == 0 else {
            complain(reason("prepare"))
            return .notRecorded
        }
        CrashPoint.reached("before-claim")
        let records: Records
        do throws(ClaimError) {
            records = try Records(claiming: arguments.directory)
        } catch {
            switch error {
            case .alreadyClaimed: return .alreadyClaimed
            case .failed(let message):
                complain(message)
                return .notRecorded
            case .noRoom(let message):
                complain(message)
                return .noRoom
            }
        }
        CrashPoint.reached("after-claim")
        let began = now()
        var record: ExitRecord
        do throws(CannotStart) {
            try start()
            CrashPoint.reached("after-start")
            record = supervise()
        } catch {
            record = ExitRecord(ending: .couldNotStart, message: error.message)
        }
        record.leftovers = killLeftovers()
        output.drain()
        output.finish()
        answer?.drain()
        answer?.finish()
        record.took = now() - began
        record.outputBytes = output.output.total
        record.dropped = output.output.dropped
        record.answerDropped = answer?.output.dropped ?? 0
        CrashPoint.reached("before-record")
        let isRecorded = records.finish(record)
        CrashPoint.reached("after-record")
        return isRecorded ? .recorded : .notRecorded
    }

    /// From here on signals wait in a descriptor; one sent earlier waits there too when the
    /// shim was started with it blocked.
    private func catchSignals() {
        signal(SIGCHLD, SIG_DFL)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGCHLD] { sigaddset(&set, number) }
        sigprocmask(SIG_BLOCK, &set, nil)
        signals = watchd_signalfd(&set)
    }

    private func start() throws(CannotStart) {
        // It may hold secrets: gone once the program has it open.
        defer { if let path = arguments.input { unlink(path) } }
        if let directory = arguments.workingDirectory, chdir(directory) != 0 {
            throw CannotStart(message: reason("enter the working directory \(directory)"))
        }
        let name = arguments.program[0].map { String(cString: $0) } ?? ""
        let file = try Program.find(name)
        let both = try output.open("\(arguments.directory)/output")
        defer { close(both) }
        let own = try answer?.open("\(arguments.directory)/answer")
        defer { if let own { close(own) } }
        let input = arguments.input ?? "/dev/null"
        if access(input, R_OK) != 0 { throw CannotStart(message: reason("read \(input)")) }
        program = try Program.spawn(
            file, arguments.program,
            Program.Files(input: input, output: own ?? both, errors: both))
    }

    private func supervise() -> ExitRecord {
        var phase = Phase.running
        var deadline = now() + arguments.timeout
        var stopped: ExitRecord.Ending?
        var asked = Double.infinity
        while true {
            wait(until: status == nil ? min(deadline, asked + Self.insistence) : deadline)
            reap()
            let expired = now() >= deadline
            switch phase {
            case .running:
                if let status { return Self.record(status) }
                guard cancelled || expired else { continue }
                stopped = cancelled ? .cancelled : .timedOut
                kill(-program, arguments.stopSignal)
                if arguments.stopSignal == SIGINT { asked = now() }
                phase = .terminating
                deadline = now() + arguments.grace
            case .terminating:
                let isOver = status != nil && Descendants.living(of: getpid()).isEmpty
                if isOver || (expired && status != nil) { return stop(stopped) }
                if status == nil, now() >= asked + Self.insistence {
                    kill(-program, arguments.stopSignal)
                    asked = now()
                }
                guard expired else { continue }
                asked = .infinity
                kill(-program, SIGKILL)
                phase = .killing
                deadline = now() + Self.patience
            case .killing:
                if status != nil || expired { return stop(stopped) }
            }
        }
    }

    private func stop(_ ending: ExitRecord.Ending?) -> ExitRecord {
        var record = status.map(Self.record) ?? ExitRecord(ending: .timedOut)
        if status == nil {
            record.message = "process \(program) did not die of SIGKILL; it hangs in the kernel"
        }
        record.ending = ending ?? record.ending
        return record
    }

    private static func record(_ status: Int32) -> ExitRecord {
        let number = status & 0x7f
        return number == 0
            ? ExitRecord(ending: .exited, code: Int(status >> 8) & 0xff)
            : ExitRecord(ending: .signalled, code: Int(number))
    }

    /// Waits for output, a signal or the deadline, whichever comes first, and takes it in.
    private func wait(until deadline: Double) {
        // A descriptor of -1 is skipped by poll(2).
        var events = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output.pipe, events: Int16(POLLIN), revents: 0),
            pollfd(fd: answer?.pipe ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        let left = min(max(0, deadline - now()), 3600)
        guard poll(&events, 3, Int32((left * 1000).rounded(.up))) > 0 else { return }
        if events[1].revents != 0 { _ = output.read() }
        if events[2].revents != 0 { _ = answer?.read() }
        if events[0].revents != 0 { readSignals() }
    }

    private func readSignals() {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while read(signals, &info, size) == size {
            if info.ssi_signo != UInt32(SIGCHLD) { cancelled = true }
        }
    }

    private func reap() {
        var code: Int32 = 0
        while true {
            let pid = waitpid(-1, &code, WNOHANG)
            guard pid > 0 else { return }
            if pid == program { status = code }
        }
    }

    /// A step leaves nothing running: what it forked away dies with it.
    /// - Returns: how many processes were killed.
    private func killLeftovers() -> Int {
        var killed: Set<pid_t> = []
        let deadline = now() + Self.patience
        while now() < deadline {
            let living = Descendants.living(of: getpid())
            if living.isEmpty { break }
            for pid in living {
                kill(pid, SIGKILL)
                if pid != program { killed.insert(pid) }
            }
            wait(until: min(deadline, now() + 0.02))
            reap()
        }
        reap()
        return killed.count
    }

    /// Seconds since boot, suspend included.
    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
