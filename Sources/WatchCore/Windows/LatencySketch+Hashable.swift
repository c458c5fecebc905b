// Sketches are compared by what was recorded: a histogram may have room for more than it holds.

extension LatencySketch: Hashable {
    /// Equal content is equal, whatever room it takes.
    public static func == (a: LatencySketch, b: LatencySketch) -> Bool {
        guard a.count == b.count, a.sum == b.sum, a.max == b.max, a.isExact == b.isExact
        else { return false }
        return a.isExact ? a.bitPatterns == b.bitPatterns : a.bins == b.bins
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(sum)
        hasher.combine(max ?? 0)
    }

    private var bins: [UInt64] {
        var result: [UInt64] = []
        forEachBin {
            result.append(UInt64($0))
            result.append($1)
        }
        return result
    }
}
