// What the engine wants done. The shell does effects strictly in order; a `persist` that fails
// stops the rest of its list, so nothing is ever done whose intent is not durable.

public enum Effect: Hashable, Sendable {
    // Tasks are several times as long as all the rest, and rare: kept apart (`indirect`).

    case persist(Transaction)
    /// Run this, at most once however often it is asked for; answer with `Event.task`.
    indirect case run(StepTask)
    /// After a restart: say what became of it, re-attach to it while it runs, or run it when it
    /// surely never began. Answer with `Event.task`.
    indirect case resume(StepTask)
    /// Ask a gate that only looks: nothing depends on it, so its intent is not stored and nobody
    /// resumes it. Answer with `Event.task`.
    indirect case runDry(StepTask)
    /// Kill it; it answers with `Event.task` as usual.
    case cancel(id: String)
    /// Ask every version source of the service now, besides the schedule.
    case readVersions(service: String)
    /// Check these probes now, besides the schedule.
    case probeNow(service: String, probes: [String])
    /// Ask every `connectivity:` target now, besides the schedule.
    case checkConnectivity
    /// The outbox has new messages.
    case deliver
    /// The store is unavailable: send these once, from memory.
    case deliverFromMemory([OutboxMessage])
}

/// A gate, a step or a check that is to be run.
public struct StepTask: Hashable, Sendable, Codable {
    /// Ids of gates that are only asked begin so; those of steps begin with a service's name, which
    /// has no such character.
    public static let dryPrefix = "dry="

    /// Unique for ever, and a valid file name: `shop-17-r1.m0s0t0`.
    public var id: String
    public var service: String
    public var rollback: String
    /// What it is, for people: `method symlink, step 1 of 2 (activate)`.
    public var title: String
    public var action: Action
    /// Values of `${from.version}` and its like; each valid for `Identifier`.
    public var variables: [String: String]
    public var timeout: Duration
    /// Results that earlier steps kept, by their names; nil: none.
    public var captures: [String: String]?

    /// What people name it by within its rollback: `m0s0t1`.
    var shortID: String {
        id.hasPrefix("\(rollback).") ? String(id.dropFirst(rollback.count + 1)) : id
    }

    public init(
        id: String, service: String, rollback: String, title: String, action: Action,
        variables: [String: String], timeout: Duration
    ) {
        self.id = id
        self.service = service
        self.rollback = rollback
        self.title = title
        self.action = action
        self.variables = variables
        self.timeout = timeout
    }
}

public struct TaskResult: Hashable, Sendable {
    public enum Ending: Hashable, Sendable {
        /// Exit status of the program; of a unit, its main process's.
        case exited(Int)
        case signalled(Int)
        /// Killed because its time was up.
        case timedOut
        /// Killed because it was cancelled.
        case cancelled
        /// It ran, and what came of it is not what was expected; a sentence.
        case unexpected(String)
        /// It surely never ran: no such program, not executable, access denied, no value for a
        /// variable. The sentence names cause and remedy.
        case couldNotStart(String)
        /// It may or may not have run (to its end): a reboot or a crash lies between.
        case unknown(String)
    }

    public var ending: Ending
    /// The last part of what it printed, printable, secrets redacted.
    public var output: String
    public var took: Duration
    /// Values out of its answer, for later steps; each valid for `Identifier`. nil: none.
    public var saved: [String: String]?
    /// Results that it kept for later steps to be compared with; bounded. nil: none.
    public var captured: [String: String]?

    /// Of an `unexpected` answer: it was understood, and it means no. nil: it may mean anything.
    public var isNo: Bool?

    /// Bytes of one captured result.
    public static let captureLimit = 16384

    public init(ending: Ending, output: String = "", took: Duration = .zero) {
        self.ending = ending
        self.output = output
        self.took = took
    }

    public var succeeded: Bool { ending == .exited(0) }
}

/// What must become durable together, or not at all.
public struct Transaction: Hashable, Sendable {
    public var host: HostState?
    /// States to write, by service.
    public var services: [String: ServiceState]
    public var events: [EventRecord]
    public var incidents: [IncidentRecord]
    public var messages: [OutboxMessage]

    public init(
        host: HostState? = nil, services: [String: ServiceState] = [:],
        events: [EventRecord] = [], incidents: [IncidentRecord] = [],
        messages: [OutboxMessage] = []
    ) {
        self.host = host
        self.services = services
        self.events = events
        self.incidents = incidents
        self.messages = messages
    }

    public var isEmpty: Bool {
        // By pattern: a comparison with nil copies the host's state.
        if case .some = host { return false }
        return services.isEmpty && events.isEmpty && incidents.isEmpty && messages.isEmpty
    }
}

/// An event for the journal. The store numbers them.
public struct EventRecord: Hashable, Sendable, Codable {
    /// Position in the journal; 0 until it is stored.
    public var id: Int64
    public var time: WallTime
    public var service: String?
    public var incident: String?
    /// A stable name: `trigger.breached`, `release.detected`, `decision`, `step.finished`, …
    public var kind: String
    public var trigger: String?
    public var severity: Severity?
    public var release: ReleaseIdentity?
    public var decision: String?
    /// A stable code.
    public var reason: String?
    /// One sentence for a person.
    public var text: String
    public var readings: [String: Reading]

    public init(
        id: Int64 = 0, time: WallTime, service: String? = nil, incident: String? = nil,
        kind: String, trigger: String? = nil, severity: Severity? = nil,
        release: ReleaseIdentity? = nil, decision: String? = nil, reason: String? = nil,
        text: String, readings: [String: Reading] = [:]
    ) {
        self.id = id
        self.time = time
        self.service = service
        self.incident = incident
        self.kind = kind
        self.trigger = trigger
        self.severity = severity
        self.release = release
        self.decision = decision
        self.reason = reason
        self.text = text
        self.readings = readings
    }
}
