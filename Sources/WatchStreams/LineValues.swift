// Where the values of the line at hand stand, and their texts. Memory that each line uses again:
// nothing is allocated for a line.

import Glibc

/// Confined to one thread, as the parser that owns it.
final class LineValues {
    let tokens: UnsafeMutableBufferPointer<LineToken>
    /// The route of the line at hand; empty: none.
    let route = RouteText()
    let memo = UnsafeMutablePointer<StampMemo>.allocate(capacity: 1)
    private let decoded: UnsafeMutableRawBufferPointer

    /// nil: only the scanner that knows all reads this format.
    let quick: QuickScanner?

    init(slots: Int, nginx: LogFormat?) {
        tokens = .allocate(capacity: slots)
        tokens.initialize(repeating: .missing)
        memo.initialize(to: StampMemo())
        quick = nginx.flatMap { [memo] in QuickScanner($0, memo: memo) }
        // An escape is never shorter than what it stands for.
        decoded = .allocate(byteCount: LineParser.lineLimit, alignment: 1)
    }

    deinit {
        quick?.deallocate()
        tokens.deallocate()
        memo.deallocate()
        decoded.deallocate()
    }

    func clear() {
        tokens.update(repeating: .missing)
        route.clear()
    }

    func token(_ slot: Int) -> LineToken { slot >= 0 ? tokens[slot] : .missing }

    /// A value as text, valid until the next call; nil: it is missing, or no single value.
    func text(_ slot: Int, of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let token = token(slot)
        switch token.kind {
        case .missing, .container: return nil
        case .text, .number, .word: return UnsafeRawBufferPointer(rebasing: line[token.range])
        case .escaped:
            let count = EscapedText.decode(line, token.range, into: decoded)
            return UnsafeRawBufferPointer(rebasing: decoded[..<count])
        }
    }
}
