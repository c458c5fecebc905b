// The engine's checkpoint: large, written every few seconds, and worth only a warm-up. So it is
// kept out of the database, whose syncs it would delay: a plain file, replaced by rename and not
// synced. What a crash leaves of it is told by length and checksum, and a bad one reads as none.

import Dispatch
import Glibc

final class CheckpointFile: Sendable {
    /// Of ten thousand probes with an hour of history it is 91 MB.
    static let limit = 256 << 20
    private static let magic = Array("watchd checkpoint 2\n".utf8)
    /// Before it, the checksum came first over the length and then over the bytes.
    private static let magicBefore = Array("watchd checkpoint 1\n".utf8)
    /// Magic, boot id (64 bytes, padded with zeros), length, checksum; then the bytes.
    private static let headCount = magic.count + 64 + 16

    private let directory: StateDirectory
    private let path: String
    private let queue = DispatchQueue(label: "watchd.checkpoint")

    init(directory: StateDirectory) {
        self.directory = directory
        path = directory.file("checkpoint")
    }

    /// - Parameter produce: makes the content piece by piece; called on the file's own thread, so
    ///   that what takes seconds keeps nobody else from running.
    func save(bootID: String, _ produce: @escaping Store.CheckpointContent) async throws {
        let result: Result<Void, any Error> = await withCheckedContinuation { done in
            queue.async {
                done.resume(returning: Result { try self.replace(bootID, produce) })
            }
        }
        return try result.get()
    }

    private func replace(_ bootID: String, _ produce: Store.CheckpointContent) throws {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError.file(operation: "create", path: temporary, code: errno)
        }
        do {
            defer { Glibc.close(descriptor) }
            try fill(descriptor, bootID, produce)
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw StoreError.file(operation: "write", path: temporary, code: code)
        }
    }

    /// The head is written last: until then the file is no checkpoint.
    private func fill(
        _ descriptor: Int32, _ bootID: String, _ produce: Store.CheckpointContent
    ) throws {
        try put([UInt8](repeating: 0, count: Self.headCount), descriptor)
        var count = 0
        var sum = Checksum()
        try produce { piece throws(StoreError) in
            count += piece.count
            guard count <= Self.limit else {
                throw .checkpointTooLarge(bytes: count, limit: Self.limit)
            }
            sum.add(piece)
            try self.put(piece, descriptor)
        }
        let boot = Array(bootID.utf8.prefix(64))
        let body = boot + [UInt8](repeating: 0, count: 64 - boot.count) + word(count)
        sum.add(body)
        let head = Self.magic + body + word(sum.value)
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw failed(errno) }
        if let code = write(head, to: descriptor) { throw failed(code) }
    }

    private func put(_ bytes: [UInt8], _ descriptor: Int32) throws(StoreError) {
        // The space that is left belongs to what was decided.
        if let free = Reserve.freeBytes(directory.path), free < UInt64(bytes.count + Reserve.size) {
            throw failed(ENOSPC)
        }
        if let code = write(bytes, to: descriptor) { throw failed(code) }
    }

    private func failed(_ code: Int32) -> StoreError {
        .file(operation: "write", path: path + ".new", code: code)
    }

    /// nil: there is none, or none that is whole.
    func load() -> (bytes: [UInt8], bootID: String)? {
        guard let all = read(), all.count >= Self.headCount else { return nil }
        let isOld = all.starts(with: Self.magicBefore)
        guard isOld || all.starts(with: Self.magic) else { return nil }
        let body = Array(all[Self.magic.count..<Self.headCount - 8])
        let bytes = Array(all[Self.headCount...])
        var sum = Checksum()
        for part in isOld ? [body, bytes] : [bytes, body] { sum.add(part) }
        guard Array(body[64...]) == word(bytes.count),
            Array(all[Self.headCount - 8..<Self.headCount]) == word(sum.value)
        else { return nil }
        return (bytes, String(decoding: body.prefix(64).prefix { $0 != 0 }, as: UTF8.self))
    }

    private func read() -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size <= Self.limit + 1024 else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            filled += count
        }
        return bytes
    }

    /// nil: written; else the error number.
    private func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(count)
        }
        return nil
    }

    private func word(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: UInt64(truncatingIfNeeded: value).littleEndian) { Array($0) }
    }
}

/// FNV-1a, 64 bits (draft-eastlake-fnv): against torn files, not against forgers.
private struct Checksum {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: [UInt8]) {
        var hash = value
        bytes.withUnsafeBufferPointer {
            for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        value = hash
    }
}
