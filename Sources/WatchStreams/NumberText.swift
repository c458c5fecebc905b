// Numbers as programs write them into logs: decimals with fraction and exponent (RFC 8259 §6), and
// durations with units of their own (Go's `1m2.5s`, `12.5ms`).

import WatchCore

extension StreamConfiguration.Unit {
    /// How many of it are a second.
    var perSecond: Double {
        switch self {
        case .ns: 1e9
        case .us: 1e6
        case .ms: 1e3
        case .s: 1
        }
    }

    /// Powers of ten from it to nanoseconds.
    var nanosecondsExponent: Int {
        switch self {
        case .ns: 0
        case .us: 3
        case .ms: 6
        case .s: 9
        }
    }
}

/// `mantissa` × 10^`exponent`; digits beyond the nineteenth only move the exponent.
struct NumberText {
    var mantissa: UInt64 = 0
    var exponent = 0

    /// Reads from `at` on as far as it is a number without a sign; nil: it begins with none.
    init?(_ text: UnsafeRawBufferPointer, _ at: inout Int, _ end: Int) {
        var digits = 0
        let start = at
        while at < end, text[at] &- 48 <= 9 { take(text[at], &at, &digits, isFraction: false) }
        guard at > start else { return nil }
        if at + 1 < end, text[at] == UInt8(ascii: "."), text[at + 1] &- 48 <= 9 {
            at += 1
            while at < end, text[at] &- 48 <= 9 { take(text[at], &at, &digits, isFraction: true) }
        }
        readExponent(text, &at, end)
    }

    private mutating func take(
        _ byte: UInt8, _ at: inout Int, _ digits: inout Int, isFraction: Bool
    ) {
        at += 1
        if digits < 19 {
            mantissa = mantissa * 10 + UInt64(byte - 48)
            if mantissa > 0 { digits += 1 }
            if isFraction { exponent -= 1 }
        } else if !isFraction {
            exponent += 1
        }
    }

    /// `e` without digits after it is no exponent, and left.
    private mutating func readExponent(
        _ text: UnsafeRawBufferPointer, _ at: inout Int, _ end: Int
    ) {
        guard at < end, text[at] | 32 == UInt8(ascii: "e") else { return }
        var ahead = at + 1
        var sign = 1
        if ahead < end, text[ahead] == UInt8(ascii: "-") || text[ahead] == UInt8(ascii: "+") {
            sign = text[ahead] == UInt8(ascii: "-") ? -1 : 1
            ahead += 1
        }
        let start = ahead
        var value = 0
        while ahead < end, text[ahead] &- 48 <= 9 {
            value = Swift.min(value * 10 + Int(text[ahead] - 48), 100_000)
            ahead += 1
        }
        guard ahead > start else { return }
        exponent += sign * value
        at = ahead
    }

    /// Near enough: within a few units in the last place.
    var value: Double {
        if mantissa == 0 { return 0 }
        if exponent == 0 { return Double(mantissa) }
        if exponent < 0, exponent >= -22 { return Double(mantissa) / Self.powers[-exponent] }
        if exponent > 0, exponent <= 22 { return Double(mantissa) * Self.powers[exponent] }
        return exponent > 0 ? .infinity : 0
    }

    /// × 10^`shift`, cut to a whole number; nil: it does not fit.
    func whole(shift: Int) -> Int64? {
        var rest = mantissa
        var power = exponent + shift
        if rest == 0 { return 0 }
        while power < 0, rest > 0 {
            rest /= 10
            power += 1
        }
        while power > 0 {
            let (product, overflow) = rest.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            rest = product
            power -= 1
        }
        return Int64(exactly: rest)
    }

    /// The number itself; nil: it has a fraction, or does not fit.
    var exact: Int64? {
        guard let whole = whole(shift: 0) else { return nil }
        return Double(whole) == value ? whole : nil
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}

enum DurationText {
    /// Longer ones are taken for a mistake: 31 years.
    static let limit = 1e9

    /// Seconds from `0.25`, in units of `1 / perSecond`, or from `1m2.5s`; nil: it is neither, or
    /// negative.
    static func seconds(
        _ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int, perSecond: Double
    ) -> Double? {
        var at = start
        guard let first = NumberText(text, &at, end) else { return nil }
        if at == end { return bounded(first.value / perSecond) }
        var number = first
        var sum = 0.0
        while true {
            guard let scale = unit(text, &at, end) else { return nil }
            sum += number.value * scale
            if at == end { return bounded(sum) }
            guard let next = NumberText(text, &at, end) else { return nil }
            number = next
        }
    }

    private static func bounded(_ seconds: Double) -> Double? {
        seconds <= limit ? seconds : nil
    }

    /// `ns`, `us` or `µs` (either of Unicode's two), `ms`, `s`, `m`, `h`; in seconds.
    private static func unit(
        _ text: UnsafeRawBufferPointer, _ at: inout Int, _ end: Int
    ) -> Double? {
        let start = at
        while at < end, text[at] &- 48 > 9, text[at] != UInt8(ascii: ".") { at += 1 }
        switch at - start {
        case 1:
            switch text[start] {
            case UInt8(ascii: "s"): return 1
            case UInt8(ascii: "m"): return 60
            case UInt8(ascii: "h"): return 3600
            default: return nil
            }
        case 2 where text[start + 1] == UInt8(ascii: "s"):
            switch text[start] {
            case UInt8(ascii: "n"): return 1e-9
            case UInt8(ascii: "u"): return 1e-6
            case UInt8(ascii: "m"): return 1e-3
            default: return nil
            }
        case 3 where text[start + 2] == UInt8(ascii: "s"):
            // U+00B5 and U+03BC.
            let micro = (text[start], text[start + 1])
            return micro == (0xC2, 0xB5) || micro == (0xCE, 0xBC) ? 1e-6 : nil
        default: return nil
        }
    }
}
