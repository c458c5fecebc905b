// What steps and probes need of systemd. The live one speaks D-Bus; tests have one that judges.

public enum UnitBusError: Error, Hashable, Sendable {
    /// polkit said no.
    case accessDenied(String)
    case noSuchUnit(String)
    /// systemd refused for another reason; nothing was started or stopped.
    case refused(String)
    /// There is no bus; nothing was asked.
    case unreachable(String)
    /// It was asked, and the answer never came.
    case lost(String)
}

/// Some properties of a unit (org.freedesktop.systemd1(5)).
public struct UnitStatus: Hashable, Sendable {
    /// `loaded`, `not-found`, `masked`, …
    public var loadState: String
    /// `inactive`, `activating`, `active`, `deactivating`, `failed`, …
    public var activeState: String
    /// Finer than `activeState`, and of the unit's kind: `running`, `auto-restart`, `exited`, …
    public var subState = ""
    /// A job waits or runs for it.
    public var hasJob: Bool
    /// 32 hexadecimal digits, or empty when it never ran or was forgotten since.
    public var invocationID: String
    /// `success`, `exit-code`, `signal`, `timeout`, `start-limit-hit`, …
    public var result: String
    /// `CLD_EXITED` (1), `CLD_KILLED` (2), `CLD_DUMPED` (3); 0: none ended yet.
    public var mainCode: Int
    /// Exit status or signal, according to `mainCode`.
    public var mainStatus: Int
    /// How often systemd started it again by itself; nil: not a service.
    public var restarts: Int?
    /// Bytes of its control group; nil: not accounted, or not running.
    public var memory: UInt64?
    /// Processor time of its control group since it was started; nil as for `memory`.
    public var cpuNanoseconds: UInt64?
    /// Path of the program of its first `ExecStart=`; nil: not a service, or it has none.
    public var program: String?

    public init(
        loadState: String = "loaded", activeState: String = "inactive", hasJob: Bool = false,
        invocationID: String = "", result: String = "success", mainCode: Int = 0,
        mainStatus: Int = 0
    ) {
        self.loadState = loadState
        self.activeState = activeState
        self.hasJob = hasJob
        self.invocationID = invocationID
        self.result = result
        self.mainCode = mainCode
        self.mainStatus = mainStatus
    }

    /// It neither runs nor is about to.
    public var isIdle: Bool {
        !hasJob && (activeState == "inactive" || activeState == "failed")
    }
}

public protocol UnitBus: Sendable {
    /// Starts a unit and waits for the end of that job.
    /// - Returns: the job's result (`done`, `failed`, `canceled`, `timeout`, `dependency`, …);
    ///   nil when it ended unseen.
    func start(_ unit: String) async throws(UnitBusError) -> String?
    /// Asks for the unit to be stopped; returns when that was accepted.
    func stop(_ unit: String) async throws(UnitBusError)
    func status(_ unit: String) async throws(UnitBusError) -> UnitStatus
    /// Returns when something may have changed about the unit, at the latest after a second or
    /// so.
    func change(of unit: String) async
}
