// What a stream was like over the whole record, ten seconds at a time, for charts.

public import WatchCore

public struct TrafficHistory: Sendable {
    /// Seconds of one entry.
    public static let step: Int64 = 10

    public struct Entry: Hashable, Sendable {
        public var count: Int32 = 0
        public var errors: Int32 = 0
        /// Seconds; 0: no line had a latency.
        public var p95: Float = 0
    }

    /// Number of the first entry, counted from 1970.
    private var first: Int64?
    private var entries: [Entry] = []
    /// Latencies of the entry that is being filled.
    private var open = LatencySketch()
    private var openNumber = Int64.min

    public init() {}

    mutating func add(_ slice: StreamBatch.Slice) {
        let number = slice.second.flooredDivision(by: Self.step)
        let first = first ?? number
        self.first = first
        let index = Int(number - first)
        // What lies before the first record was late anyway.
        guard index >= 0 else { return }
        while entries.count <= index { entries.append(Entry()) }
        entries[index].count += Int32(clamping: slice.count)
        entries[index].errors += Int32(clamping: slice.errors)
        if number > openNumber {
            openNumber = number
            open = LatencySketch()
        }
        // A line that comes too late for its entry changes its counts alone.
        guard number == openNumber, slice.latency.count > 0 else { return }
        open.merge(slice.latency)
        entries[index].p95 = Float(open.percentile(95) ?? 0)
    }

    /// What a rule looks at.
    public enum Measure: Sendable {
        case errors, latency
    }

    /// When the trouble that was seen at `time` began, to ten seconds: the end of the last quiet
    /// entry before it, quiet being less than a fifth of the worst entry of the hour before.
    /// nil: there is none.
    public func onset(of measure: Measure, before time: WallTime) -> WallTime? {
        guard let first else { return nil }
        let last = Int(time.nanoseconds / 1_000_000_000 / Self.step - first)
        let low = max(0, last - 360)
        guard entries.indices.contains(low), low < last else { return nil }
        func value(_ index: Int) -> Double {
            guard entries.indices.contains(index), entries[index].count > 0 else { return 0 }
            switch measure {
            case .errors: return Double(entries[index].errors) / Double(entries[index].count)
            case .latency: return Double(entries[index].p95)
            }
        }
        let values = (low...last).map(value)
        let usual = measure == .errors ? 0 : values.sorted()[values.count / 2]
        let limit = usual + ((values.max() ?? 0) - usual) / 5
        guard let quiet = values.dropLast().lastIndex(where: { $0 <= limit }) else { return nil }
        return WallTime(nanoseconds: (first + Int64(low + quiet) + 1) * Self.step * 1_000_000_000)
    }

    /// The entries of a span in `columns` equal parts, each the sum of its entries and the worst
    /// of their P95; nil where there was no line.
    public func columns(_ count: Int, from: WallTime, to: WallTime) -> [Entry?] {
        guard let first, count > 0, to > from else { return [] }
        let length = Double((to - from).nanoseconds) / Double(count) / 1e9
        let begin = Double(from.nanoseconds) / 1e9
        return (0..<count).map { column in
            let low = begin + Double(column) * length
            let high = low + length
            let step = Double(Self.step)
            let range = Int64((low / step).rounded(.down))..<Int64((high / step).rounded(.up))
            var sum = Entry()
            for number in range {
                let index = Int(number - first)
                guard entries.indices.contains(index) else { continue }
                sum.count += entries[index].count
                sum.errors += entries[index].errors
                sum.p95 = max(sum.p95, entries[index].p95)
            }
            return sum.count > 0 ? sum : nil
        }
    }
}
