// Random histories: lines late and early, restarts into the past, pauses, gaps, checkpoints. The
// naive recount keeps every observation and applies the rules of the windows one by one.

import FoundationEssentials
import Testing

@testable import WatchCore

/// Every observation, kept.
private struct Recount {
    struct Observation {
        var second: Int64
        var isError: Bool
        var latency: Double?
        var matches: Bool
        var route: String
        var client: Int
        /// Number of restarts when it came in.
        var epoch: Int
    }

    /// Something without a time of its own: counted when it came in.
    struct Note {
        var at: Double
        var unparsed = 0
        var lines = 0
        var restarts = 0
        var epoch: Int
    }

    var observations: [Observation] = []
    var notes: [Note] = []
    var restarts: [Double] = []
    var gaps: [(from: Double, to: Double)] = []

    /// Those in slices of `length` seconds that count at `now`.
    func counted(width: Int, length: Int64, now: Double) -> [Observation] {
        observations.filter {
            counts(Double($0.second), epoch: $0.epoch, width: width, length: length, now: now)
        }
    }

    func counted(notes width: Int, length: Int64, now: Double) -> [Note] {
        notes.filter { counts($0.at, epoch: $0.epoch, width: width, length: length, now: now) }
    }

    private func counts(
        _ time: Double, epoch: Int, width: Int, length: Int64, now: Double
    ) -> Bool {
        let begin = Double(Int64(time).flooredDivision(by: length) * length)
        guard begin >= now - Double(width), time >= (restarts.last ?? 0) else { return false }
        // A restart empties the slice it lies in.
        return restarts.dropFirst(epoch).allSatisfy { begin >= $0 }
    }

    /// Gaps do not overlap here.
    func covered(width: Int, now: Double) -> Double {
        let start = max(now - Double(width), restarts.last ?? 0)
        let lost = gaps.map { max(0, min($0.to, now) - max($0.from, start)) }
        return now - start - lost.reduce(0, +)
    }
}

/// The windows and the recount, fed with the same history.
private struct History {
    static let widths = [5, 30, 90, 300, 600, 3600]
    static let others = [10, 300, 1200]

    var windows: SignalWindows
    var recount = Recount()
    var random: SplitMix64
    var now = 10_000.0

    init(seed: UInt64) {
        let others = Set(Self.others.map { Duration.seconds($0) })
        var needs = SignalNeeds()
        needs.patterns = ["panic": others]
        needs.unparsed = others
        needs.restarts = others
        needs.routes = others
        needs.audiences = ["client": others]
        windows = SignalWindows(widths: Self.widths.map { .seconds($0) }, needs: needs)
        random = SplitMix64(seed: seed)
        windows.restart(at: .seconds(now))
        recount.restarts.append(now)
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    mutating func timePasses() {
        now += Double(Int.random(in: 0...3, using: &random)) / 2
        guard chance(40) else { return }
        let before = now
        now += Double(Int.random(in: 0...400, using: &random))
        if chance(2) {
            windows.uncover(from: .seconds(before), to: .seconds(now))
            recount.gaps.append((before, now))
        }
    }

    /// Some services are busy, some have a request now and then.
    mutating func observe(busy: Int) {
        let second = Int64(now) + Int64.random(in: -20...10, using: &random)
        var slice = StreamBatch.Slice(
            second: second, count: 0, errors: 0, latency: LatencySketch())
        var audience = Audience()
        for _ in 0..<Int.random(in: 0...busy, using: &random) {
            let one = Recount.Observation(
                second: second, isError: chance(5),
                latency: chance(2) ? Double.random(in: 0.001...2, using: &random) : nil,
                matches: chance(9), route: "/\(Int.random(in: 0..<30, using: &random))",
                client: Int.random(in: 0..<100, using: &random),
                epoch: recount.restarts.count)
            slice.count += 1
            if one.isError { slice.errors += 1 }
            if let latency = one.latency { slice.latency.record(seconds: latency) }
            if one.matches { slice.patterns["panic", default: 0] += 1 }
            slice.routes.record(one.route, isError: one.isError)
            audience.record(hash: Self.hash(one.client), isError: one.isError)
            recount.observations.append(one)
        }
        slice.audiences["client"] = audience
        slice.patterns["nobody asks"] = 7
        _ = windows.merge(slice, now: .seconds(now))
    }

    static func hash(_ client: Int) -> UInt64 { withUnsafeBytes(of: client) { Audience.hash($0) } }

    mutating func note() {
        var note = Recount.Note(at: now, epoch: recount.restarts.count)
        note.lines = Int.random(in: 0...9, using: &random)
        note.unparsed = Int.random(in: 0...note.lines, using: &random)
        note.restarts = Int.random(in: 0...1, using: &random)
        windows.recordUnparsed(note.unparsed, lines: note.lines, at: .seconds(now))
        windows.recordRestarts(note.restarts, at: .seconds(now))
        recount.notes.append(note)
    }

    /// Perhaps into the past, as when a deployment becomes known by its second read.
    mutating func restart() {
        let moment = max(
            now - Double(Int.random(in: 0...60, using: &random)) / 2, recount.restarts.last ?? 0)
        windows.restart(at: .seconds(moment))
        // Of one instant once more it empties nothing.
        if moment > recount.restarts.last ?? 0 { recount.restarts.append(moment) }
    }
}

@Suite struct SignalWindowsHistoryTests {
    private func slice(_ width: Int) -> Int64 { Int64(max(1, width / 60)) }
    private func countSlice(_ width: Int) -> Int64 { width <= 300 ? 1 : Int64(width / 60) }

    @Test(arguments: (1...6).map { UInt64($0) })
    func theWindowsAreThoseOfANaiveRecount(seed: UInt64) throws {
        var history = History(seed: seed)
        let busy = Int.random(in: 0...40, using: &history.random)
        for step in 0..<400 {
            history.timePasses()
            history.observe(busy: busy)
            if history.chance(3) { history.note() }
            if history.chance(80) { history.restart() }
            if step % 100 == 50 {
                let data = try JSONEncoder().encode(history.windows)
                let restored = try JSONDecoder().decode(SignalWindows.self, from: data)
                #expect(restored == history.windows)
                history.windows = restored
            }
            if step % 4 == 0 {
                compareSums(&history)
                compareExtras(&history)
            }
        }
    }

    private func compareSums(_ history: inout History) {
        let now = history.now
        for width in History.widths {
            let sums = history.windows.sums(width: .seconds(width), now: .seconds(now))
            let counted = history.recount.counted(
                width: width, length: countSlice(width), now: now)
            #expect(sums.count == counted.count, "width \(width) at \(now)")
            #expect(sums.errors == counted.filter(\.isError).count, "width \(width) at \(now)")
            #expect(sums.covered == .seconds(history.recount.covered(width: width, now: now)))
            let latencies = history.recount.counted(
                width: width, length: slice(width), now: now
            ).compactMap(\.latency)
            #expect(sums.latency.count == latencies.count)
            #expect(sums.latency.max == latencies.max())
            guard !latencies.isEmpty else { continue }
            for p in [50.0, 95, 99] {
                let expected = nearestRank(latencies, p)
                let actual = sums.latency.percentile(p) ?? 0
                if latencies.count < 100 {
                    #expect(actual == expected)
                } else {
                    #expect(abs(actual - expected) <= 0.01 * expected)
                }
            }
        }
    }

    private func compareExtras(_ history: inout History) {
        let (now, moment) = (history.now, Instant.seconds(history.now))
        for seconds in History.others {
            let width = Duration.seconds(seconds)
            let counted = history.recount.counted(
                width: seconds, length: countSlice(seconds), now: now)
            let coarse = history.recount.counted(width: seconds, length: slice(seconds), now: now)
            let notes = history.recount.counted(
                notes: seconds, length: countSlice(seconds), now: now)
            let covered = Duration.seconds(history.recount.covered(width: seconds, now: now))

            let matches = history.windows.matches("panic", width: width, now: moment)
            #expect(matches.count == counted.filter(\.matches).count)
            #expect(matches.covered == covered)
            let unparsed = history.windows.unparsed(width: width, now: moment)
            #expect(unparsed.part == notes.map(\.unparsed).reduce(0, +))
            #expect(unparsed.whole == notes.map(\.lines).reduce(0, +))
            let restarts = history.windows.restarts(width: width, now: moment)
            #expect(restarts.count == notes.map(\.restarts).reduce(0, +))

            let routes = history.windows.routes(width: width, now: moment).tallies
            let expected = coarse.reduce(into: RouteTallies()) {
                $0.record($1.route, isError: $1.isError)
            }
            #expect(routes == expected)
            let audience = history.windows.audience("client", width: width, now: moment).audience
            #expect(audience.all == Double(Set(coarse.map(\.client)).count))
            #expect(audience.affected == Double(Set(coarse.filter(\.isError).map(\.client)).count))
        }
    }
}
