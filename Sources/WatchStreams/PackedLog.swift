// A rotated log that was compressed meanwhile. What is in it is read in pieces and once, so that
// memory is bounded however large it is.

import Glibc

/// Owned by one `LogFile`, as is the descriptor.
final class PackedLog {
    enum Piece {
        /// Before the offset where reading goes on.
        case skipped(Int)
        case read(Int)
        case end
        /// The compressed data are cut or damaged; said once, then it is at its end.
        case damaged
        case failed(Int32)
    }

    private static let inputSize = 64 * 1024

    /// The first bytes of what is in it.
    let head: [UInt8]
    private let descriptor: Int32
    private var fileOffset: off_t = 0
    private var toSkip: Int64 = 0
    /// nil: not begun, or at its end.
    private var decoder: GzipDecoder?
    private var isAtEnd = false

    /// nil: it is no gzip file.
    init?(_ descriptor: Int32) {
        self.descriptor = descriptor
        var magic = [UInt8](repeating: 0, count: GzipDecoder.magic.count)
        guard pread(descriptor, &magic, magic.count, 0) == magic.count,
            magic == GzipDecoder.magic
        else { return nil }
        head = Self.head(of: descriptor)
    }

    /// Only before the first read.
    func skip(to offset: Int64) { toSkip = offset }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Piece {
        guard !isAtEnd else { return .end }
        let decoder = decoder ?? GzipDecoder(inputSize: Self.inputSize)
        self.decoder = decoder
        let room = toSkip > 0 ? Int(Swift.min(toSkip, Int64(buffer.count))) : buffer.count
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<room])
        while true {
            switch decoder.decode(into: target) {
            case .bytes(let count):
                guard toSkip > 0 else { return .read(count) }
                toSkip -= Int64(count)
                return .skipped(count)
            case .damaged: return end(.damaged)
            case .hungry:
                let count = pread(
                    descriptor, decoder.input.baseAddress, decoder.input.count, fileOffset)
                if count < 0, errno == EINTR { continue }
                if count < 0 { return .failed(errno) }
                if count == 0 { return end(decoder.isInMember ? .damaged : .end) }
                fileOffset += count
                decoder.take(count)
            }
        }
    }

    private func end(_ piece: Piece) -> Piece {
        isAtEnd = true
        decoder = nil
        return piece
    }

    private static func head(of descriptor: Int32) -> [UInt8] {
        let decoder = GzipDecoder(inputSize: 4096)
        var head: [UInt8] = []
        var offset: off_t = 0
        withUnsafeTemporaryAllocation(byteCount: FileHead.limit, alignment: 1) { buffer in
            while head.count < FileHead.limit {
                switch decoder.decode(into: buffer) {
                case .bytes(let count): head += buffer[..<count]
                case .damaged: return
                case .hungry:
                    let count = pread(
                        descriptor, decoder.input.baseAddress, decoder.input.count, offset)
                    guard count > 0 else { return }
                    offset += count
                    decoder.take(count)
                }
            }
        }
        return Array(head.prefix(FileHead.limit))
    }
}
