// Packed bodies, unpacked as far as they may grow.

import WatchStreams

enum Gunzip {
    enum Problem: Error, Hashable {
        /// It grows beyond the limit.
        case tooBig
        case damaged(String)
    }

    private static let chunk = 64 * 1024

    /// Hands out what `bytes` (RFC 1952, one member or several) are unpacked, piece by piece.
    /// - Parameter limit: bytes that it may be.
    static func unpack(
        _ bytes: UnsafeRawBufferPointer, limit: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(Problem) {
        let decoder = GzipDecoder(inputSize: chunk)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
        defer { output.deallocate() }
        guard !bytes.isEmpty else { throw .damaged("it ends in its middle") }
        var rest = bytes[...]
        var total = 0
        while true {
            switch decoder.decode(into: output) {
            case .bytes(let count):
                total += count
                guard total <= limit else { throw .tooBig }
                body(UnsafeRawBufferPointer(rebasing: output[..<count]))
            case .hungry:
                let piece = rest.prefix(chunk)
                guard !piece.isEmpty else {
                    if decoder.isInMember { throw .damaged("it ends in its middle") }
                    return
                }
                decoder.input.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
                decoder.take(piece.count)
                rest = rest.dropFirst(piece.count)
            case .damaged(let said):
                throw .damaged(said.isEmpty ? "it is no gzip" : said)
            }
        }
    }
}
