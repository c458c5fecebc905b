// A rollback under way, as a value that is stored before every step. Whatever crashes in between,
// a restarted engine reads it and knows what was asked for last.

struct Rollback: Hashable, Sendable, Codable {
    enum Asker: Hashable, Sendable, Codable {
        case watchd(trigger: String)
        /// A person said yes to what watchd offered.
        case approval(by: String, trigger: String?)
        case person(String)

        /// Nobody was asked: limits count it, the brake holds it.
        var isAutomatic: Bool { if case .watchd = self { true } else { false } }

        /// The trigger it was decided for.
        var trigger: String? {
            switch self {
            case .watchd(let trigger): trigger
            case .approval(_, let trigger): trigger
            case .person: nil
            }
        }

        var name: String {
            switch self {
            case .watchd: "watchd"
            case .approval(let name, _): name
            case .person(let name): name
            }
        }
    }

    /// Why the rollback goes to hand-over instead of on; nil: it goes on.
    struct Stop: Hashable, Sendable, Codable {
        /// A stable code.
        var reason: String
        var text: String
        /// A person asked for it.
        var isAbort = false
        /// Methods that need an approval may still help.
        var offersMore: Bool?
    }

    /// What is running or waited for. Every case says where it leads.
    enum Stage: Hashable, Sendable, Codable {
        /// → next gate, `rereading`, or hand-over.
        case gate(Int)
        /// Version and verdicts are read again. → `before`, or the end.
        case rereading(since: Moment)
        /// → next step, first method, or `after`.
        case before(Int)
        /// → next step, or `after`.
        case step(Int)
        /// The outcome of a step is unknown, its check is asked. → as `step`/`before`.
        case check
        /// → next step, then `landing` or hand-over.
        case after(Int)
        /// → `curing`, next method, or hand-over.
        case landing(since: Moment)
        /// → recovered, `landing`, or hand-over.
        case curing(Curing)
    }

    /// A step of a list; apart from `Stage`, which must not hold itself.
    enum CheckedStage: Hashable, Sendable, Codable {
        case before(Int)
        case step(Int)
        case after(Int)

        init?(_ stage: Stage) {
            switch stage {
            case .before(let index): self = .before(index)
            case .step(let index): self = .step(index)
            case .after(let index): self = .after(index)
            case .gate, .rereading, .check, .landing, .curing: return nil
            }
        }

        var stage: Stage {
            switch self {
            case .before(let index): .before(index)
            case .step(let index): .step(index)
            case .after(let index): .after(index)
            }
        }
    }

    struct Curing: Hashable, Sendable, Codable {
        var landed: Moment
        /// When the settling ended; nil: it goes on.
        var settled: Moment?
        /// Since when all conditions hold.
        var clearSince: Moment?
        /// Conditions that were bad since the settling ended.
        var seenBad: Set<String> = []
        /// Since when each of those that hold does.
        var goodSince: [String: Moment]?

        /// Nobody knows any more that they hold since then.
        mutating func beginAnew() {
            clearSince = nil
            goodSince = nil
        }

        /// It was bad, and has not been good again for long enough.
        func isBad(_ name: String, clearFor: Duration, now: Moment) -> Bool {
            guard seenBad.contains(name) else { return false }
            guard let since = goodSince?[name] else { return true }
            return now.boot - since.boot < clearFor
        }
    }

    var id: String
    var plan: Plan
    var from: ReleaseIdentity
    var to: ReleaseIdentity
    var variables: [String: String]
    var asker: Asker
    var isForced: Bool
    var began: Moment
    var stage: Stage
    /// The method that is running or was run last.
    var method = 0
    /// How often `after` was run; part of its task ids.
    var afterRound = 0
    /// All of it was, and no other step since; nil: no.
    var isAfterDone: Bool?
    /// Steps of the last round of `after` that failed, and how, a clause each; nil: none did.
    var failedAfter: [String]?
    /// Tries of the current step, the first included.
    var tries = 1
    /// Who answered for a manual step last.
    struct Answered: Hashable, Sendable, Codable {
        var task: String
        var title: String
        var by: String
        var at: Moment
    }

    var lastAnswer: Answered?
    /// The task that is out; its answer is waited for.
    var pending: StepTask?
    var pendingSince: Moment?
    /// Some step of a method was started: from here on the world may have changed.
    var hasActed = false
    /// A step of the current method failed.
    var methodFailed = false
    /// The outcome of some step is unknown for good: only verification may tell, nothing more is
    /// run.
    var isUnsure = false
    /// Set: no further method, `after` and hand-over.
    var stop: Stop?
    /// The sources by label, in the order of the configuration that the three below count by.
    var sources: [String]?
    /// Sources that disagreed before, left out of *landed*.
    var leftOut: Set<Int> = []
    /// Target reads in a row of each source since the method ended.
    var targetReads: [Int: Int] = [:]
    /// Contrary reads in a row, likewise.
    var contraryReads: [Int: Int] = [:]
    /// When the current method's last step ended.
    var methodEnded: Moment?
    /// The target, or what the method made of it, began to run as a deployment.
    var hasLanded = false
    var record: RollbackRecord

    /// Where the step stands whose check is asked.
    var checked: CheckedStage?
    /// The one method that was approved by name; nil: those that run unattended.
    var approvedMethod: String?
    /// What ran when it began. A rollback that is approved after another one landed begins with
    /// the target running already.
    var ranAtBegin: ReleaseIdentity?
    /// Vetoes that stood when a person asked for it in spite of them.
    var knownVetoes: [String]?
    /// Older releases tried before this one.
    var walkedBack: Int?
    /// How often the current method was seen to land; a contrary read takes it back.
    var landings: Int?
    /// The current method's check passed.
    var checkPassed: Bool?
    /// A release that nobody knew, read since the method ended: what it made of the target under a
    /// name of its own (a revert is a new commit), if its check says so.
    var product: ReleaseIdentity?
    /// A step of the current method that only asks got another answer than the expected one.
    var wrongAnswer: String?
    /// How often a method's check was asked; part of its task ids.
    var checkRound: Int?
    /// The check that is out was asked before what runs now was read: its answer may be about what
    /// ran then.
    var isCheckStale: Bool?
    /// How often gates were asked again because another release ran.
    var restarts: Int?
    /// When the current step is tried again; nil: nothing is waited for.
    var retryAt: Moment?
    /// When people were last told how far it is.
    var told: Moment?
    /// Results that steps kept, for later ones to be compared with.
    var captures: [String: String]?
    /// A rollback of the incident has acted before this one: what ends this one leaves it to
    /// people.
    var wasHandedOver: Bool?
    /// Services whose stop was begun, and whose start has not ended well since.
    var down: [String]?
    /// Some service's stop was begun.
    var hasStopped: Bool?
    /// How often the services were stopped; part of those tasks' ids. nil: once.
    var stopRound: Int?
    /// It is a drill.
    var isDrill: Bool?

    /// How often a step may be repeated because its outcome was lost, besides its retries.
    static let repeatsAfterCrash = 3
    /// How often a method may be seen to land and be taken back.
    static let landingLimit = 3
    /// How often gates are asked again because another release ran.
    static let restartLimit = 3

    /// The release ran already when this began: only what else the method does can help.
    var beganAtTarget: Bool { ranAtBegin.map { $0.matches(to) } ?? false }

    var drills: Bool { isDrill ?? false }

    /// The budget is for what runs unattended.
    var isBoundByBudget: Bool {
        guard approvedMethod == nil else { return false }
        return !drills || !hasActed || currentMethod?.isUnattended ?? true
    }

    var deadline: Instant { began.boot + plan.budget }

    /// What runs when it has landed.
    var result: ReleaseIdentity { product ?? to }

    /// Releases that are no other hands' work.
    func expects(_ release: ReleaseIdentity) -> Bool {
        [from, to, ranAtBegin].compactMap { $0 }.contains { $0.matches(release) }
    }

    /// The current method has a check: a new release may be what it makes, until that says no or
    /// it has landed. A release that comes later is other hands' work.
    var mayMakeRelease: Bool {
        guard hasActed, landings == nil, let method = currentMethod, method.check != nil else {
            return false
        }
        return !method.changesFlag
    }

    /// The first method to run from `index` on, or nil.
    func nextMethod(from index: Int) -> Int? {
        plan.methods.indices.first { candidate in
            let method = plan.methods[candidate]
            guard candidate >= index else { return false }
            // What is lost in a drill is there to be lost.
            return approvedMethod.map { $0 == method.name } ?? (method.isUnattended || drills)
        }
    }

    /// A step of `after`, or the check of one.
    var isInAfter: Bool {
        switch stage {
        case .after: true
        case .check: if case .after? = checked { true } else { false }
        case .gate, .rereading, .before, .step, .landing, .curing: false
        }
    }

    var currentMethod: Method? {
        plan.methods.indices.contains(method) ? plan.methods[method] : nil
    }

    func step(at stage: Stage) -> Step? {
        switch stage {
        case .before(let index): plan.stepsBefore[index]
        case .step(let index): currentMethod?.steps[index]
        case .after(let index): plan.stepsAfter[index]
        case .gate, .rereading, .check, .landing, .curing: nil
        }
    }

    mutating func rebase(_ rebase: Rebase) {
        rebase(&began)
        // Nobody knows what is left of the budget: no further step.
        if rebase.wentBackwards { began.boot = rebase.now.boot - plan.budget }
        rebase(&methodEnded)
        rebase(&pendingSince)
        rebase(&retryAt)
        rebase(&told)
        switch stage {
        case .rereading(var since):
            rebase(&since)
            stage = .rereading(since: since)
        case .landing(var since):
            rebase(&since)
            stage = .landing(since: since)
        case .curing(var curing):
            rebase(&curing.landed)
            rebase(&curing.settled)
            curing.beginAnew()
            stage = .curing(curing)
        case .gate, .before, .step, .check, .after: break
        }
    }
}

extension Rollback {
    /// A configuration with other sources, or others' order: what is known of each stays with it.
    mutating func follow(sources now: [String]) {
        defer { sources = now }
        guard let before = sources, before != now else { return }
        var places: [Int: Int] = [:]
        for (place, label) in before.enumerated() { places[place] = now.firstIndex(of: label) }
        func moved(_ reads: [Int: Int]) -> [Int: Int] {
            Dictionary(
                reads.compactMap { place, count in places[place].map { ($0, count) } },
                uniquingKeysWith: Swift.max)
        }
        leftOut = Set(leftOut.compactMap { places[$0] })
        targetReads = moved(targetReads)
        contraryReads = moved(contraryReads)
    }
}
