// Where a rank lies among the values or bins of a sketch, and where the last of them does.

extension LatencySketch {
    /// Of a histogram: the last bin that is not empty, sought from the end; 0: all are.
    var largestBin: Int {
        for group in stride(from: LatencyBins.groups - 1, through: 0, by: -1) {
            guard let start = start(of: group), cells[start] > 0 else { continue }
            for step in stride(from: LatencyBins.groupSize - 1, through: 0, by: -1)
            where cells[start + 1 + step] > 0 {
                return group * LatencyBins.groupSize + step
            }
        }
        return 0
    }

    /// The value with `rank` (1 is the smallest); `rank` must be 1 … `count`.
    func value(rank: Int) -> Double {
        guard !isExact else { return Double(bitPattern: cells[rank - 1]) }
        var left = UInt64(rank)
        for group in 0..<LatencyBins.groups {
            guard let start = start(of: group) else { continue }
            guard cells[start] >= left else {
                left -= cells[start]
                continue
            }
            for step in 0..<LatencyBins.groupSize {
                let number = cells[start + 1 + step]
                guard number < left else {
                    return LatencyBins.value(of: group * LatencyBins.groupSize + step)
                }
                left -= number
            }
        }
        return max ?? 0
    }
}
