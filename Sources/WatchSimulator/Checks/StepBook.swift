// What steps really did on the host. These are facts: no crash of the daemon takes them back.

import WatchCore

/// A task's place in its plan, read from its id: `shop-17-r1.m0s1t2`.
struct StepPlace: Hashable {
    enum Kind: Character { case gate = "g", before = "b", method = "m", after = "a" }

    var kind: Kind
    /// Of the gate, the `before` step, the method, or the round of `after`.
    var first: Int
    /// Of a method's or of `after`'s step.
    var step: Int
    /// It asks whether its step, or its method, is done.
    var isCheck: Bool
    /// It is the method's own check: `shop-17-r1.m0k3`.
    var isOfMethod = false
    /// Without the number of the try.
    var key: String

    init?(_ task: StepTask) {
        var text = task.id.dropFirst(task.rollback.count + 1)
        isCheck = text.hasSuffix(".check")
        if isCheck { text = text.dropLast(6) }
        if let tries = text.lastIndex(of: "t") { text = text[..<tries] }
        key = String(text)
        guard let letter = text.first, let kind = Kind(rawValue: letter) else { return nil }
        self.kind = kind
        if kind == .method, let round = text.firstIndex(of: "k") {
            (isCheck, isOfMethod) = (true, true)
            text = text[..<round]
        }
        let numbers = text.dropFirst().split(separator: "s").compactMap { Int($0) }
        first = numbers.first ?? 0
        step = numbers.count > 1 ? numbers[1] : 0
    }

    /// The step in the plan.
    func step(in plan: Plan) -> Step? {
        switch kind {
        case .gate: return nil
        case .before: return plan.before.indices.contains(first) ? plan.before[first] : nil
        case .method:
            guard plan.methods.indices.contains(first) else { return nil }
            let steps = plan.methods[first].steps
            return steps.indices.contains(step) ? steps[step] : nil
        case .after: return plan.after.indices.contains(step) ? plan.after[step] : nil
        }
    }
}

struct StepBook {
    /// In the title of what asks somebody to do a step.
    static let asks = "rollback waits for somebody"

    /// Rollback and step: how often it was really begun since its check last said "not done".
    private var begun: [String: Int] = [:]
    private var done: Set<String> = []
    /// When a step failed for sure, in the boot that runs: it is tried again after a pause.
    private var failed: [String: Instant] = [:]
    /// Manual steps: how often each was begun, and how often each channel was asked.
    private var manual: [String: Int] = [:]
    private var asked: [String: Int] = [:]
    /// Rollbacks of which some step (no gate, no check) was begun.
    private(set) var acted: Set<String> = []
    /// `after` steps that each rollback still owes.
    private var owed: [String: Set<Int>] = [:]
    private(set) var passedGates: [String: Set<Int>] = [:]
    private var plans: [String: Plan] = [:]
    /// Rollbacks for which a person said `--force`.
    var forced: Set<String> = []
    /// Rollbacks that a person approved, with the method that was named; empty: none was.
    var approved: [String: String] = [:]

    /// How often the task's step was begun.
    func count(_ task: StepTask) -> Int {
        StepPlace(task).map { begun[task.rollback + "." + $0.key] ?? 0 } ?? 0
    }

    mutating func passedGate(_ rollback: String, _ index: Int) {
        passedGates[rollback, default: []].insert(index)
    }

    mutating func worked(_ task: StepTask) {
        guard let place = StepPlace(task) else { return }
        done.insert(task.rollback + "." + place.key)
    }

    /// What an honest check finds.
    func hasWorked(checkedBy task: StepTask) -> Bool {
        StepPlace(task).map { done.contains(task.rollback + "." + $0.key) } ?? false
    }

    /// The engine hears what came of it.
    mutating func answered(_ task: StepTask, _ result: TaskResult, at now: Instant) {
        guard let place = StepPlace(task), !place.isOfMethod else { return }
        if place.kind == .gate {
            if result.succeeded { passedGate(task.rollback, place.first) }
            return
        }
        let key = task.rollback + "." + place.key
        if place.isCheck {
            // A clear "no" allows another try, and nothing else does.
            if task.action.isDenied(by: result) { begun[key] = 0 }
            return
        }
        let isSure =
            switch result.ending {
            // What watchd gave up is no failure that it heard of: it asks the check, and a clear
            // "no" allows another try at once.
            case .unknown, .cancelled: false
            case .exited, .signalled, .timedOut, .unexpected, .couldNotStart: !result.succeeded
            }
        failed[key] = isSure ? now : nil
    }

    mutating func reboot() { failed = [:] }

    /// A step really begins now; `plan` is the stored one.
    /// - Parameter isForced: a person said so when it was asked for, for later.
    mutating func begins(
        _ task: StepTask, _ plan: Plan, at now: Instant? = nil, isForced: Bool = false
    ) throws(Violation) {
        guard let place = StepPlace(task), !place.isCheck, place.kind != .gate else { return }
        plans[task.rollback] = plan
        guard let step = place.step(in: plan) else {
            throw Violation("steps-of-the-plan", "\(task.id) is no step of plan \(plan.name)")
        }
        let key = task.rollback + "." + place.key
        if begun[key, default: 0] > 0, !step.idempotent {
            throw Violation("once-is-once", "\(task.id) (\(step.name)) runs a second time")
        }
        begun[key, default: 0] += 1
        if case .manual = task.action { manual["\(task.rollback) \(task.title)", default: 0] += 1 }
        if let now, let pause = step.backoff, let last = failed.removeValue(forKey: key),
            now - last < pause
        {
            throw Violation(
                "a-pause-before-it-is-tried-again",
                "\(task.id) (\(step.name)) runs \((now - last).text) after it failed")
        }
        try follows(place, task, plan)
        guard place.kind != .after else {
            owed[task.rollback]?.remove(place.step)
            return
        }
        acted.insert(task.rollback)
        owed[task.rollback] = Set(plan.after.indices)
        if place.kind == .method, !plan.methods[place.first].isUnattended,
            approved[task.rollback] != plan.methods[place.first].name
        {
            throw Violation(
                "no-loss-without-approval",
                "\(task.id): method \(plan.methods[place.first].name) needs an approval")
        }
        let passed = passedGates[task.rollback] ?? []
        if !isForced, !forced.contains(task.rollback), passed.count < plan.gates.count {
            throw Violation(
                "gates-first",
                "\(task.id) runs with gates \(passed.sorted()) passed of "
                    + "\(plan.gates.count)")
        }
    }

    /// The steps of a method come one after the other.
    private func follows(_ place: StepPlace, _ task: StepTask, _ plan: Plan) throws(Violation) {
        guard place.kind == .method, place.step > 0 else { return }
        if begun["\(task.rollback).m\(place.first)s\(place.step - 1)"] != nil { return }
        throw Violation(
            "steps-in-their-order", "\(task.id): the step before it never began")
    }

    /// Somebody is asked to do a step, on a channel.
    mutating func asks(_ outbox: OutboxMessage) throws(Violation) {
        let message = outbox.message
        let opening = "\(message.service): \(Self.asks), "
        guard message.kind == .page, message.title.hasPrefix(opening),
            let rollback = message.fields.first(where: { $0.name == "rollback" })?.value
        else { return }
        let step = "\(rollback) \(message.title.dropFirst(opening.count))"
        asked["\(outbox.channel) \(step)", default: 0] += 1
        let times = asked["\(outbox.channel) \(step)"] ?? 0
        guard times > manual[step] ?? 0 else { return }
        throw Violation(
            "a-manual-step-is-asked-for-once",
            "\(outbox.id): \(outbox.channel) is asked \(times) times for '\(step)'")
    }

    func ended(_ rollback: String) throws(Violation) {
        guard let left = owed[rollback], !left.isEmpty else { return }
        throw Violation(
            "after-always-runs", "\(rollback) ended without its 'after' steps \(left.sorted())")
    }
}
