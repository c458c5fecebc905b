// A gzip file piece by piece, without a place that the pieces come from: whoever reads it does so
// in its own way. Rotated logs are often several members one after the other (RFC 1952 §2.2):
// `cat a.gz b.gz` is a file, too.

import CZlib

/// Confined to one thread. Holds about 40 KB for zlib besides its input.
public final class GzipDecoder {
    public enum Step {
        /// So many were put into the buffer.
        case bytes(Int)
        /// The input was used up; if there is no more of it, see `isInMember`.
        case hungry
        /// What follows cannot be decoded: zlib's words, perhaps empty.
        case damaged(String)
    }

    /// A gzip member begins with these.
    public static let magic: [UInt8] = [0x1F, 0x8B]

    /// To be filled when it is hungry; `take` says how far.
    public let input: UnsafeMutableRawBufferPointer
    /// In the middle of a member: an input that ends here was cut.
    public private(set) var isInMember = false
    /// zlib keeps its address.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var isOpen = false
    /// Found behind bytes that were good.
    private var damage: String?

    public init(inputSize: Int = 128 * 1024) {
        input = .allocate(byteCount: inputSize, alignment: 16)
        stream.initialize(to: z_stream())
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deallocate()
        input.deallocate()
    }

    /// Bytes of the input that were not decoded yet.
    public var left: Int { Int(stream.pointee.avail_in) }

    /// The first `count` bytes of `input` come next; only when it is hungry.
    public func take(_ count: Int) {
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(count)
    }

    /// Decodes into `buffer`, which has room.
    public func decode(into buffer: UnsafeMutableRawBufferPointer) -> Step {
        if let damage { return .damaged(damage) }
        let room = UInt32(clamping: buffer.count)
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = room
        while stream.pointee.avail_out == room {
            if stream.pointee.avail_in == 0 { return .hungry }
            if !isInMember {
                guard skipZeros() else { return .hungry }
                guard begin() else { return .damaged(damage ?? "") }
            }
            switch inflate(stream, Z_NO_FLUSH) {
            case Z_OK: break
            case Z_STREAM_END: isInMember = false
            case Z_BUF_ERROR where stream.pointee.avail_in == 0: break
            default:
                let words = String(cString: watchd_inflate_message(stream))
                damage = words
                if stream.pointee.avail_out == room { return .damaged(words) }
            }
        }
        return .bytes(Int(room - stream.pointee.avail_out))
    }

    /// Zeros between or behind members, which gzip ignores as well; false: nothing else is left.
    private func skipZeros() -> Bool {
        while isOpen, stream.pointee.next_in?.pointee == 0 {
            stream.pointee.next_in += 1
            stream.pointee.avail_in -= 1
            if stream.pointee.avail_in == 0 { return false }
        }
        return true
    }

    private func begin() -> Bool {
        guard (isOpen ? inflateReset(stream) : watchd_inflate_gzip(stream)) == Z_OK else {
            damage = String(cString: watchd_inflate_message(stream))
            return false
        }
        isOpen = true
        isInMember = true
        return true
    }
}
