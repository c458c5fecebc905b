// Where steps keep their state and what they are started with.

import WatchCore

public struct StepSettings: Sendable {
    /// One directory per task goes here: `/var/lib/watchd/steps`.
    public var directory: String
    /// `$HOME` and working directory of a program: `/var/lib/watchd`.
    public var home: String
    /// Path of watchd-step.
    public var shim: String
    /// The kernel's id of this boot.
    public var bootID: String
    /// Where the helper of unit steps logs begin and end: `/run/watchd-rollback`.
    public var unitLogs: String
    /// Between SIGTERM and SIGKILL.
    public var grace: Duration
    /// Bytes of a program's output that are kept on disk.
    public var outputLimit: Int
    /// Takes out of a text what may not be kept of that service, besides the step's own secrets:
    /// what a step printed goes through it before it stays on disk. Called on any thread.
    public var clean: @Sendable (_ text: String, _ service: String) -> String
    /// Gives up what is kept on the disk for bad times; false: there was nothing. Called on any
    /// thread.
    public var makeRoom: @Sendable () -> Bool

    public init(
        directory: String, home: String, shim: String, bootID: String,
        unitLogs: String = "/run/watchd-rollback", grace: Duration = .seconds(5),
        outputLimit: Int = 1 << 20,
        clean: @escaping @Sendable (_ text: String, _ service: String) -> String = { text, _ in text
        },
        makeRoom: @escaping @Sendable () -> Bool = { false }
    ) {
        self.directory = directory
        self.home = home
        self.shim = shim
        self.bootID = bootID
        self.unitLogs = unitLogs
        self.grace = grace
        self.outputLimit = outputLimit
        self.clean = clean
        self.makeRoom = makeRoom
    }

    func clean(_ bytes: [UInt8], of service: String) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        let clean = clean(text, service)
        return clean == text ? bytes : Array(clean.utf8)
    }
}

/// The environment of a step, built from nothing: what the daemon was started with is none of
/// its business.
enum StepEnvironment {
    static func make(
        _ task: StepTask, home: String, besides own: [String: String] = [:]
    ) -> [String] {
        var values = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8", "HOME": home,
        ]
        values.merge(own) { $1 }
        for (name, value) in task.variables { values[variable(name)] = value }
        values["WATCHD_SERVICE"] = task.service
        values["WATCHD_ROLLBACK"] = task.rollback
        values["WATCHD_TASK"] = task.id
        return values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    /// `from.version` → `WATCHD_FROM_VERSION`.
    static func variable(_ name: String) -> String {
        "WATCHD_" + name.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
    }
}
