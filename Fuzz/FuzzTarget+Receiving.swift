// What is sent to us over the network: syslog's framing and messages, bodies that are posted, and
// the header they are signed in. However the network cuts them, the same must come out.

import WatchCore
import WatchStreams

extension FuzzTarget {
    /// What came out.
    private struct Cut: Equatable {
        var lines: [[UInt8]] = []
        var tooLong = 0
        var problem = ""
    }

    /// The first byte says how the rest is cut, the second how often it comes again.
    private static func unfold(_ bytes: [UInt8]) -> (body: [UInt8], pieces: Int)? {
        guard bytes.count > 2 else { return nil }
        let body = Array(bytes[2...])
        let times = bytes[1] > 250 ? 40 : 1
        return (Array(repeatElement(body, count: times).joined()), Int(bytes[0]) + 1)
    }

    private static func pieces(
        of body: [UInt8], _ size: Int, _ take: (UnsafeRawBufferPointer) -> Void
    ) {
        for start in stride(from: 0, to: body.count, by: size) {
            body[start..<Swift.min(body.count, start + size)].withUnsafeBytes(take)
        }
    }

    static func syslog(_ bytes: [UInt8]) {
        guard let (body, size) = unfold(bytes) else { return }
        let whole = framed(body, body.count)
        precondition(framed(body, size) == whole, "other pieces, other messages")
        for line in whole.lines + [body] { line.withUnsafeBytes(check) }
    }

    private static func framed(_ body: [UInt8], _ size: Int) -> Cut {
        var framing = SyslogFraming()
        var cut = Cut()
        pieces(of: body, size) { piece in
            framing.take(piece, { cut.lines.append(Array($0)) }, tooLong: { cut.tooLong += 1 })
        }
        framing.end { cut.lines.append(Array($0)) }
        cut.problem = framing.isBroken ? "broken" : ""
        let total = cut.lines.reduce(0) { $0 + $1.count }
        precondition(total <= body.count, "more came out than went in")
        return cut
    }

    private static func check(_ bytes: UnsafeRawBufferPointer) {
        let message = SyslogMessage(bytes)
        for range in [message.text, message.program] {
            precondition(
                range.lowerBound >= 0 && range.upperBound <= bytes.count, "a range outside")
        }
    }

    static func drain(_ bytes: [UInt8]) {
        signature(bytes)
        guard let (body, size) = unfold(bytes) else { return }
        for shape in [DrainSplitter.Shape.json, .lines] {
            for limit in [64, LineParser.lineLimit] {
                let whole = cut(body, shape, body.count, limit)
                precondition(cut(body, shape, size, limit) == whole, "other pieces, other lines")
                precondition(whole.lines.allSatisfy { $0.count <= limit }, "a line too long")
                let total = whole.lines.reduce(0) { $0 + $1.count }
                precondition(total <= body.count, "more came out than went in")
            }
        }
        // What is JSON is cut into what it holds.
        guard String(validating: body, as: UTF8.self) != nil,
            let value = JSONValue(body: body), body.count <= LineParser.lineLimit
        else { return }
        let found = cut(body, .json, size, LineParser.lineLimit)
        precondition(found.problem.isEmpty && found.tooLong == 0, "JSON was refused")
        if case .array(let elements) = value {
            precondition(found.lines.count == elements.count, "elements were lost or made")
        } else {
            precondition(found.lines.count == 1, "one value, several lines")
        }
    }

    private static func cut(
        _ body: [UInt8], _ shape: DrainSplitter.Shape, _ size: Int, _ limit: Int
    ) -> Cut {
        var splitter = DrainSplitter(shape, limit: limit)
        var cut = Cut()
        pieces(of: body, size) { piece in
            splitter.take(piece, { cut.lines.append(Array($0)) }, tooLong: { cut.tooLong += 1 })
        }
        splitter.end({ cut.lines.append(Array($0)) }, tooLong: { cut.tooLong += 1 })
        cut.problem = splitter.problem?.description ?? ""
        return cut
    }

    private static func signature(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        for algorithm in DrainListener.Signature.Algorithm.allCases {
            let signature = DrainListener.Signature(
                header: "x", algorithm: algorithm, secret: Template(literal: ""))
            guard let digest = signature.digest(in: text) else { continue }
            precondition(digest.count == algorithm.size, "a hash of another size")
            let hex = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            precondition(signature.digest(in: hex) == digest, "a hash does not read itself")
        }
    }
}
