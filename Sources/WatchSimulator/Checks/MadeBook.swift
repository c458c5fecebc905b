// Releases that methods may have made, as the engine could know of them: when it first read each,
// and when a method's check was asked that passed.

import WatchCore

struct MadeBook {
    /// True time of the first read, by version.
    private var firstRead: [String: Int64] = [:]
    /// Mostly it is read again: sooner compared than looked up.
    private var lastRead: String?
    /// When checks that are out were asked, by task.
    private var asked: [String: Int64] = [:]
    /// When the latest check that passed was asked, by rollback.
    private var passed: [String: Int64] = [:]

    mutating func read(_ version: String, at time: Int64) {
        if let lastRead, lastRead == version { return }
        lastRead = version
        if firstRead[version] == nil { firstRead[version] = time }
    }

    mutating func asks(_ task: StepTask, at time: Int64) { asked[task.id] = time }

    mutating func answered(_ task: StepTask, _ result: TaskResult) {
        guard let began = asked.removeValue(forKey: task.id), result.succeeded else { return }
        passed[task.rollback] = began
    }

    /// Its check passed when it was asked about this release.
    func isMade(_ version: String, by rollback: String) -> Bool {
        guard let read = firstRead[version], let passed = passed[rollback] else { return false }
        return passed >= read
    }
}
