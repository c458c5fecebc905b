// The time stamp of the line before. A busy log has hundreds of lines in a second, whose stamps are
// the same bytes: comparing them costs a tenth of reading them.

/// The bytes of one `$time_local` and what they mean. One for each parser, confined to its thread.
struct StampMemo {
    /// The 26 bytes as four overlapping words. At first the last two contradict one another where
    /// they overlap, so that no line holds them.
    private var words = SIMD4<UInt64>(0, 0, 0, .max)
    private(set) var time: Int64 = 0

    /// Whether the bytes from `start` on, of which there are `LogTime.localLength`, are the same.
    @inline(__always)
    func holds(_ line: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        Self.words(line, start) == words
    }

    @inline(__always)
    mutating func keep(_ line: UnsafeRawBufferPointer, _ start: Int, _ time: Int64) {
        words = Self.words(line, start)
        self.time = time
    }

    @inline(__always)
    private static func words(_ line: UnsafeRawBufferPointer, _ start: Int) -> SIMD4<UInt64> {
        SIMD4(
            line.loadUnaligned(fromByteOffset: start, as: UInt64.self),
            line.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self),
            line.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self),
            line.loadUnaligned(fromByteOffset: start + 18, as: UInt64.self))
    }
}
