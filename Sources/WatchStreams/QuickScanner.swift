// The common line, fast. It goes over the bytes once and takes of each text the first end that
// there may be; where that does not lead to the end of the line, it says nothing, and `LogScanner`
// decides. So it may know fewer lines than that one, but must never read one in another way.

import CBytes
import Glibc

/// One format's steps in memory of their own: arrays, and an object, would be retained and checked
/// for each line. Confined to one thread; `deallocate()` ends it and all its copies.
struct QuickScanner {
    private struct Step {
        var use: LogFormat.Use
        var isQuoted: Bool
        /// Its end is found by a space, so there is none in it.
        var endsAtSpace: Bool
        var slot: Int8
        var first: UInt8
        /// Bytes of the literal after it, and where they are.
        var count: Int32
        var literal: Int32
        /// The literal's first eight bytes as a word, and which of them there are.
        var word: UInt64
        var mask: UInt64
    }

    private let steps: UnsafeMutablePointer<Step>
    private let stepCount: Int
    private let literals: UnsafeMutablePointer<UInt8>
    private let literalCount: Int
    private let prefixCount: Int
    private let timeExponent: Int
    private let latencyPerSecond: Double
    private let memo: UnsafeMutablePointer<StampMemo>

    /// nil: the format has something that only `LogScanner` knows.
    init?(_ format: LogFormat, memo: UnsafeMutablePointer<StampMemo>) {
        guard format.prefix.start == 0, format.fields.allSatisfy({ Self.knows($0, format) }) else {
            return nil
        }
        stepCount = format.fields.count
        steps = .allocate(capacity: Swift.max(1, stepCount))
        literalCount = format.literals.count
        literals = .allocate(capacity: Swift.max(1, literalCount))
        for (index, byte) in format.literals.enumerated() {
            (literals + index).initialize(to: byte)
        }
        for (index, field) in format.fields.enumerated() {
            let literal = field.terminator
            let first = literal.count > 0 ? format.literals[literal.start] : 0
            let word = Self.word(format.literals[literal.start...].prefix(literal.count))
            (steps + index).initialize(
                to: Step(
                    use: field.use, isQuoted: field.isQuoted,
                    endsAtSpace: literal.count == 1 && first == UInt8(ascii: " "),
                    slot: field.slot, first: first, count: Int32(literal.count),
                    literal: Int32(literal.start), word: word,
                    mask: literal.count >= 8 ? .max : (1 << UInt64(literal.count * 8)) - 1))
        }
        prefixCount = format.prefix.count
        timeExponent = format.timeExponent
        latencyPerSecond = format.latencyPerSecond
        self.memo = memo
    }

    func deallocate() {
        steps.deallocate()
        literals.deallocate()
    }

    /// Up to eight bytes as the processor would load them.
    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var word: UInt64 = 0
        for byte in bytes.prefix(8).reversed() { word = word << 8 | UInt64(byte) }
        return UInt64(littleEndian: word)
    }

    private static func knows(_ field: LogFormat.Field, _ format: LogFormat) -> Bool {
        switch field.use {
        case .list, .upstreamSeconds: return false
        case .skip, .text, .timeLocal, .timeISO, .milliseconds, .timeText, .duration: return true
        case .status, .seconds:
            // Here the value tells where it ends, so it must not be able to hold what follows.
            guard field.terminator.count > 0 else { return true }
            let first = format.literals[field.terminator.start]
            return first &- 48 > 9 && first != UInt8(ascii: ".") && first != UInt8(ascii: "-")
        }
    }

    /// nil: not read here.
    @inline(__always)
    func scan(_ line: UnsafeRawBufferPointer, _ captures: some LogCaptures) -> LogLine? {
        guard let base = line.baseAddress, line.count >= prefixCount,
            memcmp(base, literals, prefixCount) == 0
        else { return nil }
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        let end = line.count
        var result = LogLine()
        var at = prefixCount
        var isStrict = false
        var step = steps
        let last = steps + stepCount
        while step < last {
            let stop: Int
            switch step.pointee.use {
            case .status:
                stop = status(bytes, at, end, &result)
                guard follows(step, bytes, stop, end) else { return nil }
            case .seconds:
                stop = seconds(bytes, at, end, &result)
                guard follows(step, bytes, stop, end) else { return nil }
            case .timeLocal:
                stop = at + LogTime.localLength
                guard follows(step, bytes, stop, end) else { return nil }
                if !memo.pointee.holds(line, at) {
                    guard let time = LogTime.local(line, at, stop) else { return nil }
                    memo.pointee.keep(line, at, time)
                }
                result.time = memo.pointee.time
            case .skip, .text, .list, .upstreamSeconds, .timeISO, .milliseconds, .timeText,
                .duration:
                stop = find(step, bytes, at, end)
                guard stop >= 0 else { return nil }
                if step.pointee.use == .text {
                    isStrict = true
                } else if isStrict, !step.pointee.isQuoted, !step.pointee.endsAtSpace,
                    memchr(bytes + at, 32, stop - at) != nil
                {
                    return nil
                }
                if step.pointee.use != .skip, step.pointee.use != .text {
                    guard take(step.pointee.use, line, at, stop, &result) else { return nil }
                }
            }
            captures.take(step.pointee.slot, at, stop)
            at = stop + Int(step.pointee.count)
            step += 1
        }
        return at == end ? result : nil
    }

    // MARK: - Ends

    /// Whether the literal after the step stands at `at`; nothing is after the last value.
    @inline(__always)
    private func follows(
        _ step: UnsafeMutablePointer<Step>, _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int
    ) -> Bool {
        let count = Int(step.pointee.count)
        guard at >= 0, at &+ count <= end else { return false }
        if count == 0 { return at == end }
        var index = 0
        if at &+ 8 <= end {
            guard (Self.load(bytes, at) ^ step.pointee.word) & step.pointee.mask == 0 else {
                return false
            }
            index = 8
        }
        let literal = literals + Int(step.pointee.literal)
        while index < count {
            if bytes[at &+ index] != literal[index] { return false }
            index &+= 1
        }
        return true
    }

    @inline(__always)
    private static func load(_ bytes: UnsafePointer<UInt8>, _ at: Int) -> UInt64 {
        UnsafeRawPointer(bytes + at).loadUnaligned(as: UInt64.self)
    }

    /// Where the value from `at` on ends; negative: nowhere, or there are NULs.
    @inline(__always)
    private func find(
        _ step: UnsafeMutablePointer<Step>, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int
    ) -> Int {
        let count = Int(step.pointee.count)
        if count == 0 { return memchr(bytes + start, 0, end - start) == nil ? end : -1 }
        var at = start
        while at &+ count <= end {
            at = watchd_find_byte(bytes, at, end, step.pointee.first)
            guard at >= 0 else { return -1 }
            if follows(step, bytes, at, end),
                !step.pointee.isQuoted || !isEscaped(bytes, at, from: start)
            {
                return at
            }
            at = at &+ 1
        }
        return -1
    }

    @inline(__always)
    private func isEscaped(_ bytes: UnsafePointer<UInt8>, _ quote: Int, from start: Int) -> Bool {
        var at = quote
        while at > start, bytes[at - 1] == UInt8(ascii: "\\") { at -= 1 }
        return (quote - at) & 1 == 1
    }

    // MARK: - Values

    /// Where the status ends; negative: it is none.
    @inline(__always)
    private func status(
        _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ result: inout LogLine
    ) -> Int {
        guard at < end else { return -1 }
        if bytes[at] == UInt8(ascii: "-") {
            result.status = 0
            return at + 1
        }
        guard at + 3 <= end else { return -1 }
        let (a, b, c) = (bytes[at] &- 48, bytes[at + 1] &- 48, bytes[at + 2] &- 48)
        guard a <= 9, b <= 9, c <= 9 else { return -1 }
        result.status = Int(a) * 100 + Int(b) * 10 + Int(c)
        return at + 3
    }

    /// Where the latency ends; negative: it is none, or one that is rarely seen.
    @inline(__always)
    private func seconds(
        _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ result: inout LogLine
    ) -> Int {
        guard start < end else { return -1 }
        if bytes[start] == UInt8(ascii: "-") { return start + 1 }
        var at = start
        var value: Int64 = 0
        while at < end, bytes[at] &- 48 <= 9, at - start < 9 {
            value = value &* 10 &+ Int64(bytes[at] &- 48)
            at += 1
        }
        guard at > start else { return -1 }
        var scale = watchd_power_of_ten(9)
        if at < end, bytes[at] == UInt8(ascii: ".") {
            at += 1
            let point = at
            while at < end, bytes[at] &- 48 <= 9, at - point < 9 {
                value = value &* 10 &+ Int64(bytes[at] &- 48)
                at += 1
            }
            guard at > point else { return -1 }
            scale = watchd_power_of_ten(Int64(9 &- (at &- point)))
        }
        // At most nine digits on either side: it cannot overflow.
        result.latency = Double(value &* scale) / 1e9
        return at
    }

    private func take(
        _ use: LogFormat.Use, _ line: UnsafeRawBufferPointer, _ start: Int, _ end: Int,
        _ result: inout LogLine
    ) -> Bool {
        switch use {
        case .skip, .list, .text, .status, .seconds, .upstreamSeconds, .timeLocal: return true
        case .duration:
            if end - start == 1, line[start] == UInt8(ascii: "-") { return true }
            result.latency = DurationText.seconds(line, start, end, perSecond: latencyPerSecond)
            return result.latency != nil
        case .timeISO: result.time = LogTime.iso(line, start, end)
        case .milliseconds: result.time = LogTime.epoch(line, start, end)
        case .timeText: result.time = LogTime.any(line, start, end, exponent: timeExponent)
        }
        return result.time != nil
    }
}
