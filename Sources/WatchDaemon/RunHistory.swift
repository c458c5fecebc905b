// That the daemon started, stopped, or began again after a death, for the journal of events: who
// reads it in the morning must see when nobody was on guard.

import WatchCore
import WatchStore
import WatchSystem

enum RunHistory {
    static let started = "daemon.started"
    /// Started, and the last run never said that it stopped.
    static let crashed = "daemon.crashed"
    static let stopped = "daemon.stopped"

    /// - Parameters:
    ///   - last: the last of these events; nil: there is none.
    ///   - heard: when the last run recorded anything.
    static func start(
        after last: EventRecord?, heard: WallTime?, version: String, at now: WallTime
    ) -> EventRecord {
        switch last?.kind {
        case nil:
            // Of a run of months it has been forgotten when that began.
            let before = heard.map {
                "; the last event is of \($0.text), how that run ended is not on record"
            }
            return EventRecord(
                time: now, kind: started, text: "watchd \(version) started\(before ?? "")")
        case stopped:
            return EventRecord(
                time: now, kind: started,
                text: "watchd \(version) started; it had stopped at \(last?.time.text ?? "")")
        default:
            let until = heard.map { ", and recorded the last event at \($0.text)" } ?? ""
            return EventRecord(
                time: now, kind: crashed,
                text: "watchd \(version) started; the run before began at "
                    + "\(last?.time.text ?? "")\(until): it ended without being stopped "
                    + "(killed, crashed, or no power)")
        }
    }

    static func stop(version: String, at now: WallTime) -> EventRecord {
        EventRecord(time: now, kind: stopped, text: "watchd \(version) stopped, as it was told to")
    }
}

extension Store {
    /// The record of a start, made from what the run before left.
    func runStarted(version: String, at now: WallTime) async throws(StoreError) -> [EventRecord] {
        let kinds = [RunHistory.started, RunHistory.crashed, RunHistory.stopped]
        let last = try await latestEvent(of: kinds)
        let heard = try await latestEvents(limit: 1).last?.time
        return try await apply(
            Transaction(events: [
                RunHistory.start(after: last, heard: heard, version: version, at: now)
            ]))
    }
}
