// What was normal under one release: its signals' figures over its last healthy time. Healthy time
// is not one stretch of the clock, so its slices say how much of it they hold, and a release that
// comes back goes on where it was replaced.

struct ReleaseBaseline: Hashable, Sendable, Codable {
    /// So many slices while the release runs.
    static let slicesInWindow = 60
    /// Of a release that was replaced so many are kept: enough to go on with.
    static let slicesKept = 4

    struct Sample: Hashable, Sendable {
        var tally = Tally()
        var latency = LatencySketch()

        mutating func merge(_ other: Sample) {
            tally.add(other.tally)
            latency.merge(other.latency)
        }
    }

    private struct Slice: Hashable, Sendable {
        var healthy: Duration = .zero
        /// When the last of it was admitted; nil: in another boot, or long ago.
        var until: Instant?
        var samples: [String: Sample] = [:]

        mutating func merge(_ other: Slice) {
            healthy += other.healthy
            until = other.until ?? until
            samples.merge(other.samples) { mine, theirs in
                var merged = mine
                merged.merge(theirs)
                return merged
            }
        }
    }

    /// A slice that nothing is added to.
    private struct Closed: Hashable, Sendable, Codable {
        struct Sample: Hashable, Sendable, Codable {
            var t: Tally
            var l: PackedSketch
        }

        var healthy: Duration
        var until: Instant?
        var samples: [String: Sample]

        init(_ slice: Slice) {
            healthy = slice.healthy
            until = slice.until
            samples = slice.samples.mapValues {
                Sample(t: $0.tally, l: PackedSketch($0.latency))
            }
        }

        var slice: Slice {
            Slice(
                healthy: healthy, until: until,
                samples: samples.mapValues {
                    ReleaseBaseline.Sample(tally: $0.t, latency: $0.l.sketch)
                })
        }
    }

    var release: ReleaseIdentity
    /// Oldest first.
    private var closed: [Closed] = []
    private var open = Slice()

    init(release: ReleaseIdentity) { self.release = release }

    /// Healthy time that this holds.
    var healthy: Duration { closed.reduce(open.healthy) { $0 + $1.healthy } }

    /// More healthy time, up to `now`, and what was observed in it. What lies further back than
    /// `window` of healthy time is forgotten.
    mutating func add(
        _ elapsed: Duration, _ samples: [String: Sample], now: Instant, window: Duration
    ) {
        let length = Swift.max(.seconds(1), window / Self.slicesInWindow)
        // A checkpoint closed a slice that is not full.
        if open.healthy == .zero, let last = closed.last, last.healthy + elapsed <= length {
            open = last.slice
            closed.removeLast()
        }
        open.merge(Slice(healthy: elapsed, until: now, samples: samples))
        if open.healthy >= length { close() }
        var total = healthy
        while let oldest = closed.first, total - oldest.healthy >= window {
            total -= oldest.healthy
            closed.removeFirst()
        }
    }

    private mutating func close() {
        guard open.healthy > .zero else { return }
        closed.append(Closed(open))
        open = Slice()
    }

    /// What was admitted at `instant` or later was no healthy time, or another release's.
    mutating func forget(since instant: Instant) {
        func isMeant(_ until: Instant?) -> Bool { until.map { $0 >= instant } ?? false }
        if isMeant(open.until) { open = Slice() }
        while let last = closed.last, isMeant(last.until) { closed.removeLast() }
    }

    /// Instants of another boot mean nothing in this one.
    mutating func forgetInstants() {
        open.until = nil
        for index in closed.indices { closed[index].until = nil }
    }

    mutating func forget(signals: Set<String>) {
        for signal in signals {
            open.samples[signal] = nil
            for index in closed.indices { closed[index].samples[signal] = nil }
        }
    }

    /// All of it, by signal.
    var merged: [String: Sample] {
        closed.reduce(into: open) { $0.merge($1.slice) }.samples
    }

    /// As it is kept when the release no longer runs.
    func coarsened() -> ReleaseBaseline {
        var coarse = self
        let length = healthy / Self.slicesKept
        coarse.closed = []
        coarse.open = Slice()
        for slice in closed.map(\.slice) + [open] where slice.healthy > .zero {
            if coarse.open.healthy > .zero, coarse.open.healthy + slice.healthy > length,
                coarse.closed.count + 1 < Self.slicesKept
            {
                coarse.close()
            }
            coarse.open.merge(slice)
        }
        coarse.close()
        coarse.forgetInstants()
        return coarse
    }

    private enum CodingKeys: String, CodingKey { case release, slices }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        release = try container.decode(ReleaseIdentity.self, forKey: .release)
        closed = try container.decode([Closed].self, forKey: .slices)
        let year = Duration.days(366)
        guard closed.count <= 2 * Self.slicesInWindow,
            closed.allSatisfy({ $0.healthy >= .zero && $0.healthy <= year })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .slices, in: container, debugDescription: "the baseline makes no sense")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(release, forKey: .release)
        let all = open.healthy > .zero ? closed + [Closed(open)] : closed
        try container.encode(all, forKey: .slices)
    }
}

/// A sketch as the bytes it is packed in; the same bytes in JSON as of the sketch itself.
struct PackedSketch: Hashable, Sendable, Codable {
    private let bytes: [UInt8]

    init(_ sketch: LatencySketch) { bytes = sketch.packed }

    var sketch: LatencySketch { LatencySketch(packed: bytes) ?? LatencySketch() }

    init(from decoder: any Decoder) throws { self.init(try LatencySketch(from: decoder)) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Base64.encode(bytes))
    }
}
