// A place to run real steps in: a temporary directory, a runner, and its answers.

import Glibc
import Synchronization
import Testing
import WatchCore
import WatchHTTP
import WatchSystem
import WatchUnits

@testable import WatchActions

struct DictionarySecrets: SecretSource {
    var values: [String: String] = [:]

    func secret(_ reference: SecretReference) throws(SecretError) -> String {
        if case .credential(let name) = reference, let value = values[name] { return value }
        throw SecretError(message: "\(reference) is not there")
    }
}

/// Answers by task, for whoever waits for them.
final class Answers: Sendable {
    private struct State {
        var came: [(id: String, result: TaskResult)] = []
        var waiting: [(id: String, continuation: CheckedContinuation<TaskResult, Never>)] = []
    }

    private let state = Mutex(State())

    /// How one that was not answered but put off is told here: so begins an unknown end.
    static let putOff = "put off: "

    func put(_ event: Event) {
        switch event {
        case .task(let id, let result): put(id, result)
        case .storeFailed(let why, let tasks):
            for id in tasks { put(id, TaskResult(ending: .unknown(Self.putOff + why))) }
        default: break
        }
    }

    private func put(_ id: String, _ result: TaskResult) {
        let waiter = state.withLock { state in
            if let index = state.waiting.firstIndex(where: { $0.id == id }) {
                return Optional(state.waiting.remove(at: index).continuation)
            }
            state.came.append((id, result))
            return nil
        }
        waiter?.resume(returning: result)
    }

    /// The next answer for this task; each is handed out once.
    func next(_ id: String) async -> TaskResult {
        await withCheckedContinuation { continuation in
            let result = state.withLock { state -> TaskResult? in
                if let index = state.came.firstIndex(where: { $0.id == id }) {
                    return state.came.remove(at: index).result
                }
                state.waiting.append((id, continuation))
                return nil
            }
            if let result { continuation.resume(returning: result) }
        }
    }

    /// Answers nobody asked for.
    var rest: Int { state.withLock { $0.came.count } }
}

final class Bench: Sendable {
    static let client = HTTPClient()
    static let boot = (try? SystemTime.bootID()) ?? ""
    /// Beside the bundle of the tests.
    static let shim: String = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? ""
        return bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)] + "/watchd-step"
    }()

    let root: String
    let settings: StepSettings
    let secrets: DictionarySecrets

    init(
        secrets: [String: String] = [:], bootID: String = Bench.boot, outputLimit: Int = 1 << 20,
        grace: Duration = .milliseconds(100),
        clean: @escaping @Sendable (_ text: String, _ service: String) -> String = { text, _ in text
        }
    ) throws {
        var template = Array("/tmp/watchd-actions.XXXXXX".utf8CString)
        root = mkdtemp(&template).map { String(cString: $0) } ?? ""
        try #require(!root.isEmpty)
        try #require(mkdir(root + "/steps", 0o700) == 0)
        try #require(mkdir(root + "/logs", 0o700) == 0)
        self.secrets = DictionarySecrets(values: secrets)
        settings = StepSettings(
            directory: root + "/steps", home: root, shim: Bench.shim, bootID: bootID,
            unitLogs: root + "/logs", grace: grace, outputLimit: outputLimit,
            clean: clean)
    }

    deinit {
        for id in TaskDirectory.entries(settings.directory) {
            (try? TaskDirectory(id, in: settings.directory))?.remove()
        }
        for folder in ["/steps", "/logs", ""] {
            for name in TaskDirectory.entries(root + folder) {
                unlink("\(root)\(folder)/\(name)")
            }
            rmdir(root + folder)
        }
    }

    func runner(
        bus: any UnitBus = NoBus(), bootID: String? = nil, client: HTTPClient = Bench.client,
        time: any TimeSource = SystemTime(), sleeper: any Sleeper = TaskSleeper()
    ) -> (runner: StepRunner, answers: Answers) {
        let answers = Answers()
        var settings = settings
        settings.bootID = bootID ?? settings.bootID
        let runner = StepRunner(
            settings: settings, secrets: secrets, bus: bus, client: client, time: time,
            sleeper: sleeper
        ) { answers.put($0) }
        return (runner, answers)
    }

    /// Runs it with a runner of its own.
    func result(of task: StepTask) async -> TaskResult {
        let (runner, answers) = runner()
        runner.run(task)
        return await answers.next(task.id)
    }

    func shell(_ script: String, id: String = "t1", timeout: Duration = .seconds(600)) -> StepTask {
        exec(["/bin/sh", "-c", script], id: id, timeout: timeout)
    }

    func exec(
        _ command: [String], id: String = "t1", timeout: Duration = .seconds(600),
        variables: [String: String] = ["to.version": "1.9.0"]
    ) -> StepTask {
        let templates = command.map { (try? Template($0)) ?? Template(literal: $0) }
        return StepTask(
            id: id, service: "shop", rollback: "shop-1-r1", title: "step",
            action: .exec(templates), variables: variables, timeout: timeout)
    }

    func text(_ name: String) -> String {
        String(
            decoding: (try? File.read("\(root)/\(name)", limit: 1 << 24)) ?? [], as: UTF8.self)
    }

    func exists(_ name: String) -> Bool { access("\(root)/\(name)", F_OK) == 0 }

    func write(_ name: String, _ text: String, mode: UInt32 = 0o600) throws {
        try File.writeAtomically("\(root)/\(name)", Array(text.utf8), mode: mode)
    }

    /// A FIFO in the bench: how a program tells the test that it has begun.
    func fifo(_ name: String) throws -> String {
        try #require(mkfifo("\(root)/\(name)", 0o600) == 0)
        return "\(root)/\(name)"
    }

    /// What a program writes into a FIFO, up to its end.
    func read(fifo: String) async -> String {
        await OwnThread.run {
            let file = open(fifo, O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(file, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
    }

    func claimedPID(_ id: String = "t1") throws -> Int32 {
        try #require(try TaskDirectory(id, in: settings.directory).claim()).pid
    }
}

struct NoBus: UnitBus {
    func start(_ unit: String) async throws(UnitBusError) -> String? { throw .unreachable("none") }
    func stop(_ unit: String) async throws(UnitBusError) { throw .unreachable("none") }
    func status(_ unit: String) async throws(UnitBusError) -> UnitStatus {
        throw .unreachable("none")
    }
    func change(of unit: String) async {}
}
