// A program that is asked something: run without a shell, with nothing of ours but its arguments,
// in a process group of its own, and gone when this returns, it and what it started there.

import CProcess
import Glibc
import WatchCore
import WatchSystem

struct CommandRun {
    /// Bytes a program may print; more is no answer.
    static let outputLimit = 64 * 1024
    /// Bytes of its complaints that are kept, the last.
    private static let complaintLimit = 1024

    enum Ending: Hashable, Sendable {
        case exited(Int32), signalled(Int32), timedOut, flooded
    }

    struct Ended: Sendable {
        var ending: Ending
        var output: [UInt8] = []
        /// The end of what it wrote to stderr.
        var complaints: [UInt8] = []

        /// The last line it complained in.
        var lastComplaint: String? {
            let text = String(decoding: complaints, as: UTF8.self)
            return text.split(whereSeparator: \.isNewline).last.map { String($0) }
        }
    }

    /// A sentence with the cause, and the remedy where one is known.
    struct Failure: Error, Hashable, Sendable {
        var message: String
    }

    /// The program's absolute path first.
    let arguments: [String]
    /// `NAME=value` each, besides what every program gets, or in its stead.
    var environment: [String] = []
    let timeout: Duration
    let time: any TimeSource
    /// A descriptor that is readable when the process has ended; negative: there is none (a kernel
    /// before 5.3, a sandbox), and it is asked every now and then.
    var openProcess: @Sendable (pid_t) -> Int32 = { watchd_pidfd_open($0) }
    /// How often it is asked then, in milliseconds.
    private static let lookEvery: Int64 = 20

    private var program: String { printable(arguments.first ?? "", limit: 200) }

    /// How it ended, and what it printed until then; the failure is that it never began. Blocks.
    func finished() -> Result<Ended, Failure> {
        do throws(Failure) {
            return .success(try run())
        } catch {
            return .failure(error)
        }
    }

    /// What it printed, if it ended by itself, in time, with exit status 0. Blocks.
    func printed() -> Result<[UInt8], Failure> {
        finished().flatMap { ended in
            let why = ended.lastComplaint.map { ": \(printable($0, limit: 160))" } ?? ""
            switch ended.ending {
            case .exited(0): return .success(ended.output)
            case .exited(let code):
                return .failure(
                    Failure(message: "\(program) ended with exit status \(code)\(why)"))
            case .signalled(let signal):
                return .failure(
                    Failure(message: "\(program) was killed by signal \(signal)\(why)"))
            case .timedOut:
                return .failure(
                    Failure(
                        message: "\(program) did not end within \(timeout.text) and was killed; "
                            + "make it quicker, or raise 'timeout'\(why)"))
            case .flooded:
                return .failure(
                    Failure(
                        message: "\(program) printed more than \(Self.outputLimit / 1024) KB and "
                            + "was killed; a version is a line"))
            }
        }
    }

    private func run() throws(Failure) -> Ended {
        guard let path = arguments.first else { throw Failure(message: "there is no program") }
        let deadline = time.now().boot + timeout
        let output = try Pipe.make()
        defer { output.close() }
        let complaints = try Pipe.make()
        defer { complaints.close() }
        let pid = try spawn(path, output: output.entry, complaints: complaints.entry)
        output.closeEntry()
        complaints.closeEntry()
        var collected = Ended(ending: .timedOut)
        collected.ending = follow(
            pid, output.exit, complaints.exit, until: deadline, &collected)
        return collected
    }

    // MARK: - While it runs

    /// Reads until the program itself ends: what it started may hold its pipes open for ever.
    private func follow(
        _ pid: pid_t, _ output: Int32, _ complaints: Int32, until deadline: Instant,
        _ collected: inout Ended
    ) -> Ending {
        // Our child stays a zombie until it is reaped, so its pid and its group are its own.
        let process = openProcess(pid)
        defer { if process >= 0 { close(process) } }
        var polled = [
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: complaints, events: Int16(POLLIN), revents: 0),
            pollfd(fd: process, events: Int16(POLLIN), revents: 0),
        ]
        var early: Ending?
        while early == nil {
            // Before its output is read: what it printed last is there by then.
            let hasEnded = process < 0 && Self.hasEnded(pid)
            let left = deadline - time.now().boot
            guard left > .zero else {
                early = .timedOut
                break
            }
            var milliseconds = left.nanoseconds / 1_000_000 + 1
            if process < 0 { milliseconds = Swift.min(milliseconds, Self.lookEvery) }
            if hasEnded { break }
            if poll(&polled, 3, Int32(clamping: milliseconds)) <= 0 { continue }
            guard take(&polled, &collected) else {
                early = .flooded
                break
            }
            if polled[2].revents != 0 { break }
        }
        kill(-pid, SIGKILL)
        // What it left in the pipes; the bound is for one that left the group and goes on.
        for _ in 0..<64 where early == nil {
            if poll(&polled, 2, 0) <= 0 || polled.allSatisfy({ $0.fd < 0 }) { break }
            if !take(&polled, &collected) { early = .flooded }
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        if let early { return early }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
    }

    /// Leaves it unreaped, so that its number remains its own.
    private static func hasEnded(_ pid: pid_t) -> Bool {
        var info = siginfo_t()
        let code = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT)
        return code == 0 && info.si_signo != 0
    }

    /// Reads what is there; a pipe at its end is not asked again.
    /// - Returns: false when it printed too much.
    private func take(_ polled: inout [pollfd], _ collected: inout Ended) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16384)
        for index in 0..<2 where polled[index].fd >= 0 && polled[index].revents != 0 {
            let count = read(polled[index].fd, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                polled[index].fd = -1
                continue
            }
            if index == 0 {
                collected.output += chunk[..<count]
            } else {
                collected.complaints += chunk[..<count]
                let excess = collected.complaints.count - Self.complaintLimit
                if excess > 0 { collected.complaints.removeFirst(excess) }
            }
        }
        return collected.output.count <= Self.outputLimit
    }

    // MARK: - Starting it

    private var wholeEnvironment: [String] {
        let names = environment.map { $0.prefix { $0 != "=" } }
        return ProgramStart.environment.filter { !names.contains($0.prefix { $0 != "=" }) }
            + environment
    }

    private func spawn(
        _ path: String, output: Int32, complaints: Int32
    ) throws(Failure) -> pid_t {
        do throws(SystemError) {
            return try ProgramStart.start(path, arguments, environment: wholeEnvironment) {
                posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDONLY, 0)
                posix_spawn_file_actions_adddup2(&$0, output, 1)
                posix_spawn_file_actions_adddup2(&$0, complaints, 2)
            }
        } catch {
            throw Failure(message: ProgramStart.explanation(of: error, path, name: program))
        }
    }
}

/// One pipe; its ends are open until they are closed, each once.
private final class Pipe {
    let exit: Int32
    private(set) var entry: Int32

    private init(_ ends: [Int32]) {
        exit = ends[0]
        entry = ends[1]
    }

    static func make() throws(CommandRun.Failure) -> Pipe {
        var ends: [Int32] = [-1, -1]
        guard watchd_pipe(&ends) == 0 else {
            throw CommandRun.Failure(message: "\(SystemError("make a pipe"))")
        }
        return Pipe(ends)
    }

    func closeEntry() {
        if entry >= 0 { Glibc.close(entry) }
        entry = -1
    }

    func close() {
        closeEntry()
        Glibc.close(exit)
    }
}
