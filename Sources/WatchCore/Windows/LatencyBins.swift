// Where a latency falls in a sketch's histogram: log-linear bins as in HdrHistogram and in
// DDSketch's "linearly interpolated" mapping (Masson, Rim, Lee: "DDSketch", VLDB 2019). The bin
// is read off the bits of the number, so that recording needs no logarithm.

/// 64 bins per power of two over 1 µs … 1 h, and one for everything shorter than 1 µs.
enum LatencyBins {
    /// Longer latencies count as this.
    static let longest = 3600.0
    /// Bins; a multiple of `groupSize`, and more than the longest latency needs.
    static let count = 2048
    /// Bins are kept and summed in groups, so that a sketch holds only those in use, and a
    /// percentile is found without walking all of them.
    static let groupSize = 64
    static let groups = count / groupSize

    /// The bin of a latency in seconds, which must be 0 … `longest`.
    @inline(__always)
    static func index(of seconds: Double) -> Int {
        let microseconds = seconds * 1e6
        guard microseconds >= 1 else { return 0 }
        // Exponent and the six leading bits of the mantissa.
        return Int(truncatingIfNeeded: microseconds.bitPattern >> 46) - (1023 << 6) + 1
    }

    /// What a bin's content is taken for, in seconds: the value that is equally far, relatively,
    /// from both ends of the bin, so at most 1/129 (0.78 %) off. 0 for bin 0.
    static func value(of index: Int) -> Double {
        guard index > 0 else { return 0 }
        let (octave, step) = ((index - 1) >> 6, (index - 1) & 63)
        let width = Double(UInt64(1) << UInt64(octave)) / 64
        let low = width * Double(64 + step)
        let high = low + width
        return 2 * low * high / (low + high) / 1e6
    }
}
