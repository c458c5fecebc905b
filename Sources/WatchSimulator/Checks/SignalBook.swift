// What was told to the engine of each signal, kept as plain lists: the slow, obvious version of
// windows and health that the engine's fast ones are held against.

import WatchCore

/// Observations of one signal that may still count. Instants are of the boot that runs.
struct Samples {
    struct Entry {
        /// A probe's start, or the second of a slice.
        var time: Instant
        var count: Int
        var errors: Int
    }

    private var entries: [Entry] = []
    /// No window of the simulator's is wider than a minute, and time does not go back in a boot.
    static let remembered = Duration.seconds(65)

    mutating func add(_ entry: Entry, floor: Instant, now: Instant) {
        guard entry.time >= floor else { return }
        if entries.count > 90 { entries.removeAll { $0.time < now - Self.remembered } }
        entries.append(entry)
    }

    /// The windows were restarted: the slice that `floor` lies in begins anew, too.
    mutating func cut(before floor: Instant) {
        entries.removeAll { $0.time.second * 1_000_000_000 < floor.nanoseconds }
    }

    /// Every entry whose second begins at `now - width` or later.
    func sums(width: Duration, now: Instant) -> (count: Int, errors: Int) {
        let edge = now.nanoseconds - width.nanoseconds
        var sums = (count: 0, errors: 0)
        for entry in entries where entry.time.second * 1_000_000_000 >= edge {
            sums.count += entry.count
            sums.errors += entry.errors
        }
        return sums
    }
}

struct ProbeBook {
    enum State { case waiting, passing, failing }

    var samples = Samples()
    /// Of the results since the windows restarted.
    private(set) var state = State.waiting
    private var verdicts: [(started: Instant, passed: Bool)] = []
    private var passes = 0
    private var fails = 0
    private var errors = 0
    private(set) var lastVerdict: Instant?

    /// Three results in a row that said nothing about the target.
    var isBlind: Bool { errors >= 3 }

    mutating func record(
        _ result: ProbeResult, failures: Int, successes: Int, floor: Instant, now: Instant
    ) {
        if case .error = result.outcome {
            errors += 1
            return
        }
        errors = 0
        // It was asked of the release before.
        guard result.started >= floor else { return }
        let passed = if case .pass = result.outcome { true } else { false }
        note(result.started, passed: passed, failures, successes)
        lastVerdict = result.started
        guard !result.isRecheck else { return }
        let entry = Samples.Entry(time: result.started, count: 1, errors: passed ? 0 : 1)
        samples.add(entry, floor: floor, now: now)
    }

    private mutating func note(
        _ started: Instant, passed: Bool, _ failures: Int, _ successes: Int
    ) {
        if verdicts.count > 200 { verdicts.removeFirst(100) }
        verdicts.append((started, passed))
        (passes, fails) = passed ? (passes + 1, 0) : (0, fails + 1)
        if passed, state == .waiting || passes >= successes { state = .passing }
        if fails >= failures { state = .failing }
    }

    /// What was before says nothing about the release that runs since.
    mutating func cut(before floor: Instant, failures: Int, successes: Int) {
        samples.cut(before: floor)
        let since = verdicts.filter { $0.started >= floor }
        (state, passes, fails, verdicts) = (.waiting, 0, 0, [])
        for verdict in since { note(verdict.started, passed: verdict.passed, failures, successes) }
    }
}

struct StreamBook {
    private struct Second {
        var second: Int64
        var lines: Int
        var unparsed: Int
        var misdated: Int
        var dropped: Int
    }

    var samples = Samples()
    private var seconds: [Second] = []
    /// The last second in which a line was lost, misdated or not understood: after a minute without
    /// any there is nothing to be counted.
    private var lastFlaw: Int64?
    private var isUnreadable = false
    private var lastLine: Instant?
    private var watchedSince: Instant?
    private var heard: Instant?
    /// Time in which lines were lost.
    private(set) var gaps: [(from: Instant, to: Instant)] = []

    mutating func record(_ batch: StreamBatch, widest: Duration, floor: Instant, now: Instant) {
        watchedSince = watchedSince ?? now
        noteLoss(batch, now: now)
        heard = now
        if case .unreadable = batch.source { isUnreadable = true } else { isUnreadable = false }
        var late = 0
        for slice in batch.slices {
            let time = Instant(nanoseconds: slice.second * 1_000_000_000)
            if time.nanoseconds < now.nanoseconds - widest.nanoseconds
                || time > now + .seconds(10)
            {
                late += slice.count
            } else {
                samples.add(
                    .init(time: time, count: slice.count, errors: slice.errors), floor: floor,
                    now: now)
            }
        }
        guard batch.lines > 0 || batch.losses.dropped > 0 else { return }
        if batch.lines > 0 { lastLine = now }
        seconds.append(
            Second(
                second: now.second, lines: batch.lines,
                unparsed: batch.losses.unparsed + batch.losses.tooLong,
                misdated: late + batch.losses.early, dropped: batch.losses.dropped))
        if let second = seconds.last,
            second.unparsed > 0 || second.misdated > 0 || second.dropped > 0
        {
            lastFlaw = Swift.max(lastFlaw ?? now.second, now.second)
        }
        if seconds.count > 80 { seconds.removeAll { $0.second <= now.second - 60 } }
    }

    /// Some time between the last batch, or the first line of this one, and now.
    private mutating func noteLoss(_ batch: StreamBatch, now: Instant) {
        guard batch.losses.dropped > 0 else { return }
        let seconds = batch.slices.map(\.second) + [now.second, (heard ?? now).second]
        let from = Instant(nanoseconds: (seconds.min() ?? now.second) * 1_000_000_000)
        if gaps.count > 30 { gaps.removeAll { $0.to < now - .seconds(150) } }
        gaps.append((from, Instant(nanoseconds: (now.second + 1) * 1_000_000_000)))
    }

    /// Anything was ever heard of the log itself.
    var hasReported: Bool { watchedSince != nil }

    func isBlind(now: Instant, noDataAfter: Duration?) -> Bool {
        if isUnreadable { return true }
        if let lastFlaw, lastFlaw > now.second - 60, isFlawed(now: now) { return true }
        guard let noDataAfter, let since = lastLine ?? watchedSince else { return false }
        return now - since > noDataAfter
    }

    /// Any line was lost in the last minute, or too many of them were of no use.
    private func isFlawed(now: Instant) -> Bool {
        var (lines, unparsed, misdated, dropped) = (0, 0, 0, 0)
        for second in seconds where second.second > now.second - 60 {
            lines += second.lines
            unparsed += second.unparsed
            misdated += second.misdated
            dropped += second.dropped
        }
        if dropped > 0 { return true }
        return lines >= 10 && (unparsed * 5 > lines || misdated * 2 > lines)
    }
}
