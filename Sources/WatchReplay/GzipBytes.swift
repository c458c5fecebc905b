// A gzip file as its contents. Rotated logs are often several members one after the other (RFC
// 1952 §2.2): `cat a.gz b.gz` is a file, too.

import CZlib

final class GzipBytes: ByteSource {
    private static let chunk = 128 * 1024

    private let file: FileBytes
    private let input = UnsafeMutableRawBufferPointer.allocate(
        byteCount: GzipBytes.chunk, alignment: 16)
    /// zlib keeps its address.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var isOpen = false
    private var isInMember = false
    private var isAtEnd = false
    /// Found behind bytes that were good.
    private var problem: InputProblem?

    init(_ file: FileBytes) {
        self.file = file
        stream.initialize(to: z_stream())
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deallocate()
        input.deallocate()
    }

    var position: Int64 { file.position }
    var size: Int64? { file.size }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputProblem) -> Int {
        if let problem {
            self.problem = nil
            throw problem
        }
        guard !isAtEnd, !buffer.isEmpty else { return 0 }
        let room = UInt32(clamping: buffer.count)
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = room
        while stream.pointee.avail_out == room {
            if stream.pointee.avail_in == 0, try !refill() { break }
            if !isInMember, try !begin() { break }
            switch inflate(stream, Z_NO_FLUSH) {
            case Z_OK: break
            case Z_STREAM_END: isInMember = false
            case Z_BUF_ERROR where stream.pointee.avail_in == 0: break
            default:
                let broken = broken()
                if stream.pointee.avail_out == room { throw broken }
                problem = broken
            }
        }
        return Int(room - stream.pointee.avail_out)
    }

    /// False at the end of the file.
    private func refill() throws(InputProblem) -> Bool {
        let count = try file.read(into: input)
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(count)
        guard count == 0 else { return true }
        isAtEnd = true
        if isInMember {
            throw InputProblem(
                path: file.name,
                text: "the compressed data end in their middle, after \(file.position) bytes; "
                    + "the file was cut, or is still being written")
        }
        return false
    }

    /// Begins the next member; false when nothing but zeros follows, which gzip ignores as well.
    private func begin() throws(InputProblem) -> Bool {
        while isOpen, stream.pointee.next_in?.pointee == 0 {
            stream.pointee.next_in += 1
            stream.pointee.avail_in -= 1
            if stream.pointee.avail_in == 0, try !refill() { return false }
        }
        let code = isOpen ? inflateReset(stream) : watchd_inflate_gzip(stream)
        guard code == Z_OK else { throw broken() }
        isOpen = true
        isInMember = true
        return true
    }

    private func broken() -> InputProblem {
        isAtEnd = true
        let said = String(cString: watchd_inflate_message(stream))
        let place = file.position - Int64(stream.pointee.avail_in)
        return InputProblem(
            path: file.name,
            text: "the compressed data are damaged near byte \(place)"
                + (said.isEmpty ? "" : " (\(said))"))
    }
}
