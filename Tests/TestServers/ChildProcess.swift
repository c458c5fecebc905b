// A program that tests start and stop, used as Foundation's `Process` is. That one reads the list
// of this process's open files twice, and crashes when other tests have opened some in between.

public import Foundation
import Synchronization
import WatchSystem

public final class ChildProcess: Sendable {
    private struct State {
        var executable = URL(fileURLWithPath: "/usr/bin/env")
        var arguments: [String] = []
        var environment: [String: String]?
        var directory: URL?
        /// Of descriptors 0 to 2: which one becomes it, and what to close when the program has it.
        var files: [Stream?] = [nil, nil, nil]
        var ended: (@Sendable (ChildProcess) -> Void)?
        var pid: Int32 = 0
        /// nil: it runs, or never did.
        var status: Int32?
    }

    private struct Stream {
        var object: any Sendable
        /// nil: /dev/null.
        var descriptor: Int32?
        var isPipe: Bool
    }

    private let state = Mutex(State())
    private let end = DispatchGroup()

    public init() {}

    public var executableURL: URL? {
        get { state.withLock { $0.executable } }
        set { state.withLock { if let newValue { $0.executable = newValue } } }
    }
    public var arguments: [String] {
        get { state.withLock { $0.arguments } }
        set { state.withLock { $0.arguments = newValue } }
    }
    /// nil: as this process's.
    public var environment: [String: String]? {
        get { state.withLock { $0.environment } }
        set { state.withLock { $0.environment = newValue } }
    }
    public var currentDirectoryURL: URL? {
        get { state.withLock { $0.directory } }
        set { state.withLock { $0.directory = newValue } }
    }
    public var terminationHandler: (@Sendable (ChildProcess) -> Void)? {
        get { state.withLock { $0.ended } }
        set { state.withLock { $0.ended = newValue } }
    }

    /// Each a `Pipe` or a `FileHandle`; nil: as this process's.
    public var standardInput: (any Sendable)? {
        get { state.withLock { $0.files[0]?.object } }
        set { set(0, newValue) }
    }
    public var standardOutput: (any Sendable)? {
        get { state.withLock { $0.files[1]?.object } }
        set { set(1, newValue) }
    }
    public var standardError: (any Sendable)? {
        get { state.withLock { $0.files[2]?.object } }
        set { set(2, newValue) }
    }

    private func set(_ place: Int, _ object: (any Sendable)?) {
        var stream: Stream?
        if let pipe = object as? Pipe {
            let end = place == 0 ? pipe.fileHandleForReading : pipe.fileHandleForWriting
            stream = Stream(object: pipe, descriptor: end.fileDescriptor, isPipe: true)
        } else if let file = object as? FileHandle {
            let isNull = file === FileHandle.nullDevice
            stream = Stream(
                object: file, descriptor: isNull ? nil : file.fileDescriptor, isPipe: false)
        }
        state.withLock { [stream] in $0.files[place] = stream }
    }

    public var processIdentifier: Int32 { state.withLock { $0.pid } }
    public var isRunning: Bool { state.withLock { $0.pid > 0 && $0.status == nil } }
    /// The exit status; of one that was killed, the signal.
    public var terminationStatus: Int32 { state.withLock { $0.status ?? -1 } }

    public func run() throws {
        let (path, arguments, environment, directory, files) = state.withLock {
            ($0.executable.path, $0.arguments, $0.environment, $0.directory, $0.files)
        }
        let own = environment ?? ProcessInfo.processInfo.environment
        let command =
            (directory.map { ["/usr/bin/env", "-C", $0.path] } ?? []) + [path] + arguments
        let pid = try ProgramStart.start(
            command[0], command, environment: own.map { "\($0.key)=\($0.value)" }
        ) { actions in
            for (place, file) in files.enumerated() {
                guard let file else { continue }
                if let descriptor = file.descriptor {
                    posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(place))
                } else {
                    posix_spawn_file_actions_addopen(&actions, Int32(place), "/dev/null", O_RDWR, 0)
                }
            }
        }
        state.withLock { $0.pid = pid }
        // Or its reader would wait for this process's own end, too.
        for (place, file) in files.enumerated() {
            guard let pipe = file?.object as? Pipe else { continue }
            try? (place == 0 ? pipe.fileHandleForReading : pipe.fileHandleForWriting).close()
        }
        end.enter()
        Thread.detachNewThread { [self] in reap(pid) }
    }

    private func reap(_ pid: Int32) {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let (signal, code) = (status & 0x7F, (status >> 8) & 0xFF)
        let handler = state.withLock {
            $0.status = signal == 0 ? code : signal
            return $0.ended
        }
        handler?(self)
        end.leave()
    }

    public func terminate() { if isRunning { kill(processIdentifier, SIGTERM) } }

    /// Blocks.
    public func waitUntilExit() { end.wait() }
}
