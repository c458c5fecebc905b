// The hash of a file's first bytes: what tells a file from another one that got its inode, and a
// file from itself after it was truncated and grew again.

import Glibc

/// FNV-1a, 64 bits (RFC 9923), over the first `length` bytes; grows with the file up to 1 KB.
struct FileHead: Hashable, Sendable {
    static let limit = 1024

    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var length = 0

    init() {}

    init(hash: UInt64, length: Int) {
        self.hash = hash
        self.length = length
    }

    init(of bytes: some Sequence<UInt8>) {
        for byte in bytes.prefix(Self.limit) { add(byte) }
    }

    init(_ position: FilePosition) {
        self.init(hash: position.headHash, length: position.headLength)
    }

    enum Check: Hashable {
        case same(FileHead)
        case changed
        case failed(Int32)
    }

    /// Whether the file still begins as it did; hashes more of it when it has grown.
    func check(_ descriptor: Int32) -> Check {
        withUnsafeTemporaryAllocation(byteCount: Self.limit, alignment: 1) { buffer in
            let count = readFully(descriptor, buffer)
            guard count >= 0 else { return .failed(errno) }
            guard count >= length else { return .changed }
            var head = FileHead()
            head.add(UnsafeRawBufferPointer(buffer)[0..<length])
            guard head == self else { return .changed }
            head.add(UnsafeRawBufferPointer(buffer)[length..<count])
            return .same(head)
        }
    }

    private mutating func add(_ bytes: Slice<UnsafeRawBufferPointer>) {
        for byte in bytes { add(byte) }
    }

    private mutating func add(_ byte: UInt8) {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        length += 1
    }

    private func readFully(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        var total = 0
        while total < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: total), buffer.count - total,
                off_t(total))
            if count < 0 {
                if errno == EINTR { continue }
                return -1
            }
            if count == 0 { break }
            total += count
        }
        return total
    }
}
