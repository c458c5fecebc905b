// Packed bodies, unpacked as far as they may grow.

import CZlib

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
        var stream = z_stream()
        // zlib keeps its address.
        let problem = withUnsafeMutablePointer(to: &stream) { stream -> Problem? in
            guard watchd_inflate_gzip(stream) == Z_OK else { return .damaged("no memory") }
            defer { inflateEnd(stream) }
            let output = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
            defer { output.deallocate() }
            // zlib does not write to it.
            let input = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input)
            stream.pointee.avail_in = UInt32(clamping: bytes.count)
            return run(stream, output, limit, body)
        }
        if let problem { throw problem }
    }

    private static func run(
        _ stream: UnsafeMutablePointer<z_stream>, _ output: UnsafeMutableRawBufferPointer,
        _ limit: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Problem? {
        var total = 0
        while true {
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let code = inflate(stream, Z_NO_FLUSH)
            let count = output.count - Int(stream.pointee.avail_out)
            total += count
            guard total <= limit else { return .tooBig }
            body(UnsafeRawBufferPointer(rebasing: output[..<count]))
            switch code {
            case Z_OK: break
            case Z_STREAM_END:
                if stream.pointee.avail_in == 0 { return nil }
                guard inflateReset(stream) == Z_OK else { return .damaged("no memory") }
            case Z_BUF_ERROR: return .damaged("it ends in its middle")
            default:
                let said = String(cString: watchd_inflate_message(stream))
                return .damaged(said.isEmpty ? "it is no gzip" : said)
            }
        }
    }
}
