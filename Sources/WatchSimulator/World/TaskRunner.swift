// Whoever runs steps: the shim and systemd of a simulated host. What has begun goes on without
// watchd; what it did is remembered over crashes of the daemon, and lost in a reboot. Only a
// request dies with the daemon that sent it.

import WatchCore

final class TaskRunner {
    enum State: Equatable {
        case running
        case ended(TaskResult)
        /// A reboot ended it; nobody knows how far it came.
        case lost
    }

    enum Conduct {
        case succeeds, fails
        /// It does what it should and says that it failed.
        case worksAndFails
        /// It says that all is well and has done nothing.
        case lies
        case hangs
        /// It works, and its answer never arrives.
        case mute
        /// It surely never ran.
        case couldNotStart
        /// Nobody can say what became of it: it did its work, or did not.
        case unsure, unsureAndIdle
    }

    struct Job {
        var task: StepTask
        var state: State
        var conduct: Conduct
        var ends: Int64
        var isCancelled = false
        /// What it was to do is done.
        var isDone = false
    }

    private(set) var jobs: [String: Job] = [:]
    /// In the order in which they began.
    private(set) var running: [String] = []

    func job(_ id: String) -> Job? { jobs[id] }

    func knows(_ id: String) -> Bool { jobs[id] != nil }

    func begin(_ task: StepTask, _ conduct: Conduct, takes: Int64, at time: Int64) {
        let timeout = task.timeout.nanoseconds
        let ends = time + (conduct == .hangs ? timeout : Swift.min(takes, timeout))
        jobs[task.id] = Job(task: task, state: .running, conduct: conduct, ends: ends)
        running.append(task.id)
    }

    func cancel(_ id: String, at time: Int64) {
        guard let job = jobs[id], job.state == .running else { return }
        jobs[id]?.isCancelled = true
        jobs[id]?.ends = Swift.min(job.ends, time + Clock.second / 2)
    }

    /// Takes out what has ended by `time`, with its result and whether it did what it should.
    func ended(by time: Int64) -> [(id: String, result: TaskResult, works: Bool)] {
        guard !running.isEmpty else { return [] }
        var result: [(String, TaskResult, Bool)] = []
        for id in running {
            guard let job = jobs[id], job.ends <= time else { continue }
            let (ending, works) = Self.outcome(of: job)
            jobs[id]?.state = .ended(ending)
            jobs[id]?.isDone = works
            result.append((id, ending, works))
        }
        running.removeAll { jobs[$0]?.state != .running }
        return result
    }

    private static func outcome(of job: Job) -> (TaskResult, Bool) {
        if job.isCancelled { return (TaskResult(ending: .cancelled), false) }
        return switch job.conduct {
        case .succeeds, .mute: (TaskResult(ending: .exited(0)), true)
        case .fails: (job.task.action.failure, false)
        case .worksAndFails: (job.task.action.failure, true)
        case .lies: (TaskResult(ending: .exited(0)), false)
        case .hangs: (TaskResult(ending: .timedOut), false)
        case .couldNotStart: (TaskResult(ending: .couldNotStart("no such program")), false)
        case .unsure: (TaskResult(ending: .unknown("no answer")), true)
        case .unsureAndIdle: (TaskResult(ending: .unknown("no answer")), false)
        }
    }

    /// The answer of a gate is drawn when it ends, not here.
    func overrule(_ id: String, _ result: TaskResult) { jobs[id]?.state = .ended(result) }

    /// What is under way is lost, all of it in a reboot.
    /// - Returns: what came to its end just before, perhaps.
    func lose(_ random: inout Random, isReboot: Bool) -> [StepTask] {
        var done: [StepTask] = []
        for id in running {
            guard let task = jobs[id]?.task, isReboot || task.action.endsWithDaemon else {
                continue
            }
            let isDone = random.chance(50)
            jobs[id]?.state = .lost
            jobs[id]?.isDone = isDone
            if isDone { done.append(task) }
        }
        running.removeAll { jobs[$0]?.state != .running }
        return done
    }
}
