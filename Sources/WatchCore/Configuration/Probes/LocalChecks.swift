// Probes of this host: a program that is run, and a unit of systemd that is looked at.

/// A program that answers by its exit status and by what it prints. How SQL and anything else is
/// checked for which there is no kind of its own. All that is expected must hold.
public struct ExecCheck: Hashable, Sendable, Codable {
    public struct Variable: Hashable, Sendable, Codable {
        public var name: String
        public var value: Template

        public init(name: String, value: Template) {
            self.name = name
            self.value = value
        }
    }

    /// The absolute path first; no shell.
    public var arguments: [String]
    /// Besides a fixed small environment; the way for secrets, which arguments are not.
    public var environment: [Variable] = []
    /// The program speaks as Nagios plugins do (Monitoring Plugins Development Guidelines): 0 is
    /// OK and 1 a warning, which both pass; 2 is critical; 3 and all else are no answer.
    public var isPlugin = false
    /// Exit statuses that are good; empty means 0. Not asked of plugins.
    public var exit: [Int] = []
    public var json: [HTTPExpectation.JSONField] = []
    /// Text that stdout must contain.
    public var contains: String?
    /// A PCRE2 pattern that stdout must match.
    public var matches: String?

    public init(_ arguments: [String]) { self.arguments = arguments }
}

/// A unit, and how it must be found, by its properties (org.freedesktop.systemd1(5)).
public struct UnitCheck: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable, CaseIterable {
        case active, reloading, inactive, failed, activating, deactivating
    }

    /// The whole name, as in `shop.service`.
    public var unit: String
    /// One of these; empty means `active` or `reloading`.
    public var states: [State] = []
    /// Bytes of its control group (`MemoryCurrent`), below this.
    public var memoryBelow: Double?
    /// Cores used since the probe before (`CPUUsageNSec`), below this; may be over 1.
    public var cpuBelow: Double?

    public init(_ unit: String) { self.unit = unit }
}
