// How long what is left of a rollback takes: about, by the targets of its steps, and at most, by
// their time limits. A budget bounds what runs unattended, and is named only there.

/// What steps take together.
private struct TimeLeft {
    /// nil: one of them has no target.
    var about: Duration? = .zero
    var most = Duration.zero

    mutating func add(about: Duration?, most: Duration) {
        self.about = self.about.flatMap { sum in about.map { sum + $0 } }
        self.most = self.most + most
    }

    /// `about 5m, at most 15m`
    var text: String {
        let bound = "at most \(most.wholeSeconds.text)"
        guard let about, about < most else { return bound }
        return "about \(about.wholeSeconds.text), \(bound)"
    }
}

extension ServiceEngine {
    /// Before the first step: `about 5m, at most 15m`.
    func estimate(_ rollback: Rollback, _ now: Moment) -> String {
        var left = stillToRun(rollback, now)
        if rollback.approvedMethod == nil { left.most = rollback.deadline - now.boot }
        return left.most > .zero ? left.text : "longer than its budget"
    }

    /// For whoever waits: `about 5m, at most 15m are left`.
    func rest(of rollback: Rollback, _ now: Moment) -> String {
        var left = stillToRun(rollback, now)
        guard rollback.isBoundByBudget, mayBeginMethodSteps(rollback) else {
            return left.most > .zero ? "\(left.text) are left" : "its time limits are over"
        }
        let budget = rollback.plan.budget.text
        left.most = rollback.deadline - now.boot
        return left.most > .zero
            ? "\(left.text) of its budget of \(budget) are left"
            : "its budget of \(budget) is spent, so no further step of a method begins"
    }

    /// A spent budget keeps nothing else from beginning.
    private func mayBeginMethodSteps(_ rollback: Rollback) -> Bool {
        guard rollback.stop == nil else { return false }
        return switch rollback.standing {
        case .gate, .rereading, .before, .step, .check: true
        case .after, .landing, .curing: rollback.nextMethod(from: rollback.method + 1) != nil
        }
    }

    /// With the method of now; whether another one follows, nobody knows.
    private func stillToRun(_ rollback: Rollback, _ now: Moment) -> TimeLeft {
        var left = TimeLeft()
        var steps = stepsLeft(of: rollback)[...]
        if rollback.step(at: rollback.standing) != nil, let step = steps.popFirst() {
            let current = current(step, of: rollback, now)
            left.add(about: current.about, most: current.most)
        }
        for step in steps {
            left.add(about: step.aim, most: step.limit * (step.retries + 1) + step.pauses)
        }
        guard rollback.stop == nil else { return left }
        let verify = rollback.plan.verify
        switch rollback.stage {
        case .landing(let since):
            let landing = verify.landWithin.left(after: now.boot - since.boot)
            left.add(about: verifyTarget(rollback, now), most: landing + verify.timeout)
        case .curing(let curing):
            let curing = verify.timeout.left(after: now.boot - curing.landed.boot)
            left.add(about: verifyTarget(rollback, now), most: curing)
        case .gate, .rereading, .before, .step, .check, .after:
            left.add(about: verify.target, most: verify.landWithin + verify.timeout)
        }
        return left
    }

    private func verifyTarget(_ rollback: Rollback, _ now: Moment) -> Duration? {
        let gone = rollback.record.verifying.map { now.wall - $0 } ?? .zero
        return rollback.plan.verify.target?.left(after: gone)
    }

    /// The one that runs now, or is tried next, first.
    private func stepsLeft(of rollback: Rollback) -> [Step] {
        let plan = rollback.plan
        let next = rollback.nextMethod(from: rollback.method).map { steps(of: plan.methods[$0]) }
        let method = rollback.currentMethod?.steps ?? []
        let isStopped = rollback.stop != nil
        switch rollback.standing {
        case .gate, .rereading: return plan.stepsBefore + (next ?? []) + plan.stepsAfter
        case .before(let index):
            let before = Array(plan.stepsBefore[index...])
            return isStopped
                ? before.prefix(1) + plan.stepsAfter
                : before + (next ?? []) + plan.stepsAfter
        case .step(let index):
            let steps = Array(method[index...])
            return (isStopped ? Array(steps.prefix(1)) : steps) + plan.stepsAfter
        case .after(let index): return Array(plan.stepsAfter[index...])
        case .check, .landing, .curing: return []
        }
    }

    private func current(_ step: Step, of rollback: Rollback, _ now: Moment) -> TimeLeft {
        var left = TimeLeft()
        if let at = rollback.retryAt {
            left.add(about: step.aim, most: step.limit + (at.boot - now.boot))
        } else {
            let gone = rollback.pendingSince.map { now.boot - $0.boot } ?? .zero
            left.add(about: step.aim?.left(after: gone), most: step.limit.left(after: gone))
        }
        // Each further try, and the pause before it.
        for tries in rollback.tries..<Swift.max(rollback.tries, step.retries + 1) {
            let pause = step.pause(afterTries: tries) ?? .zero
            left.add(about: .zero, most: step.limit + pause)
        }
        return left
    }
}

extension Rollback {
    /// Where it is among its steps, also while a check is asked.
    fileprivate var standing: Stage {
        if case .check = stage { checked?.stage ?? stage } else { stage }
    }
}

extension Step {
    /// How long one try may take.
    fileprivate var limit: Duration {
        if case .wait(let duration) = action { duration } else { timeout }
    }

    /// How long it ought to take; nil: nobody said.
    fileprivate var aim: Duration? {
        if case .wait(let duration) = action { target ?? duration } else { target }
    }
}

extension Duration {
    fileprivate func left(after gone: Duration) -> Duration {
        Swift.min(self, Swift.max(.zero, self - gone))
    }

    /// Without a fraction, for people.
    var wholeSeconds: Duration {
        Duration(nanoseconds: nanoseconds / 1_000_000_000 * 1_000_000_000)
    }
}
