// Messages out of a stream of bytes (RFC 6587): each says how long it is, or ends with a newline.
// Senders mix them up, so each message is asked anew: what begins with a number is counted, unless
// the one before ended with a newline and no message follows the number. Then it is text that has a
// line break in it.

public struct SyslogFraming: Sendable {
    /// A message besides its text: header and structured data.
    static let headerLimit = 4096
    /// Digits of a length; more is none.
    private static let digitLimit = 7

    private var carry: [UInt8] = []
    /// Bytes of the carry that were searched for a newline already: a message that comes byte by
    /// byte must not be searched anew with each.
    private var searched = 0
    /// Bytes of a message that is too long and still to come.
    private var toSkip = 0
    private var skipsToNewline = false
    /// The message before ended with a newline.
    private var afterNewline = false
    /// It is not syslog, and will not become so: the sender is to be let go.
    public private(set) var isBroken = false

    private static var limit: Int { LineParser.lineLimit + headerLimit }

    public init() {}

    /// Cuts what came, and hands out each message.
    public mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void,
        tooLong: () -> Void
    ) {
        guard !isBroken else { return }
        if carry.isEmpty {
            let rest = cut(bytes, body, tooLong)
            carry.append(contentsOf: bytes[(bytes.count - rest)...])
        } else {
            carry.append(contentsOf: bytes)
            var all: [UInt8] = []
            swap(&all, &carry)
            let rest = all.withUnsafeBytes { cut($0, body, tooLong) }
            all.removeFirst(all.count - rest)
            swap(&all, &carry)
        }
    }

    /// The sender is done: what it began and did not end is a message, too.
    public mutating func end(_ body: (UnsafeRawBufferPointer) -> Void) {
        if !carry.isEmpty, !skipsToNewline, toSkip == 0, carry[0] == UInt8(ascii: "<") {
            carry.withUnsafeBytes(body)
        }
        carry = []
    }

    /// How many bytes at the end are of a message that is not whole yet.
    private mutating func cut(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void,
        _ tooLong: () -> Void
    ) -> Int {
        var at = 0
        while at < bytes.count, !isBroken {
            if toSkip > 0 {
                let skipped = Swift.min(toSkip, bytes.count - at)
                toSkip -= skipped
                at += skipped
                continue
            }
            let next: Int?
            if !skipsToNewline, (48...57).contains(bytes[at]) {
                switch number(bytes, at) {
                case .length(let length, let begin):
                    next = counted(bytes, begin, length, body, tooLong)
                case .text: next = ended(bytes, at, body, tooLong)
                case .undecided: next = nil
                case .broken:
                    isBroken = true
                    next = nil
                }
            } else {
                next = ended(bytes, at, body, tooLong)
            }
            guard let next else { break }
            at = next
        }
        let rest = isBroken || skipsToNewline ? 0 : bytes.count - at
        if rest == 0 { searched = 0 }
        return rest
    }

    private enum Number {
        /// `LENGTH SP`, and where the message begins.
        case length(Int, Int)
        case text, broken, undecided
    }

    private func number(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Number {
        var at = start
        var length = 0
        while at < bytes.count, at - start <= Self.digitLimit, (48...57).contains(bytes[at]) {
            length = length * 10 + Int(bytes[at] - 48)
            at += 1
        }
        let otherwise: Number = afterNewline ? .text : .broken
        if at - start > Self.digitLimit { return otherwise }
        guard at < bytes.count else { return .undecided }
        guard bytes[at] == 32, length > 0 else { return otherwise }
        at += 1
        if afterNewline {
            guard at < bytes.count else { return .undecided }
            if bytes[at] != UInt8(ascii: "<") { return .text }
        }
        return .length(length, at)
    }

    /// Where the next one begins, nil: it is not whole.
    private mutating func counted(
        _ bytes: UnsafeRawBufferPointer, _ begin: Int, _ length: Int,
        _ body: (UnsafeRawBufferPointer) -> Void, _ tooLong: () -> Void
    ) -> Int? {
        guard length <= Self.limit else {
            tooLong()
            toSkip = length
            return begin
        }
        guard bytes.count - begin >= length else { return nil }
        body(UnsafeRawBufferPointer(rebasing: bytes[begin..<begin + length]))
        afterNewline = false
        return begin + length
    }

    private mutating func ended(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ body: (UnsafeRawBufferPointer) -> Void,
        _ tooLong: () -> Void
    ) -> Int? {
        let from = start + searched
        searched = 0
        guard let end = bytes[from...].firstIndex(of: 10) else {
            searched = bytes.count - start
            if !skipsToNewline, bytes.count - start > Self.limit {
                skipsToNewline = true
                tooLong()
            }
            return nil
        }
        if skipsToNewline {
            skipsToNewline = false
        } else if end - start > Self.limit {
            tooLong()
        } else if end > start {
            body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            afterNewline = true
        }
        return end + 1
    }
}
