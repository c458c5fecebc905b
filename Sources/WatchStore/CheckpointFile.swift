// The engine's checkpoint: large, written every few seconds, and worth only a warm-up. So it is
// kept out of the database, whose syncs it would delay: a plain file, replaced by rename and not
// synced. What a crash leaves of it is told by length and checksum, and a bad one reads as none.

import Dispatch
import Glibc

final class CheckpointFile: Sendable {
    static let limit = 64 << 20
    private static let magic = Array("watchd checkpoint 1\n".utf8)

    private let directory: StateDirectory
    private let path: String
    private let queue = DispatchQueue(label: "watchd.checkpoint")

    init(directory: StateDirectory) {
        self.directory = directory
        path = directory.file("checkpoint")
    }

    func save(_ bytes: [UInt8], bootID: String) async throws(StoreError) {
        let result: Result<Void, StoreError> = await withCheckedContinuation { done in
            queue.async {
                do throws(StoreError) {
                    done.resume(returning: .success(try self.replace(bytes, bootID)))
                } catch {
                    done.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Magic, boot id (64 bytes, padded with zeros), length, checksum, and the bytes.
    private func replace(_ bytes: [UInt8], _ bootID: String) throws(StoreError) {
        guard bytes.count <= Self.limit else {
            throw .checkpointTooLarge(bytes: bytes.count, limit: Self.limit)
        }
        // The space that is left belongs to what was decided.
        if let free = Reserve.freeBytes(directory.path), free < UInt64(bytes.count + Reserve.size) {
            throw .file(operation: "write", path: path, code: ENOSPC)
        }
        let boot = Array(bootID.utf8.prefix(64))
        let body = boot + [UInt8](repeating: 0, count: 64 - boot.count) + word(bytes.count)
        let head = Self.magic + body + word(checksum(body, bytes))
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .file(operation: "create", path: temporary, code: errno)
        }
        var code = write(head, to: descriptor) ?? write(bytes, to: descriptor)
        if Glibc.close(descriptor) != 0, code == nil { code = errno }
        if code == nil, rename(temporary, path) != 0 { code = errno }
        if let code {
            unlink(temporary)
            throw .file(operation: "write", path: temporary, code: code)
        }
    }

    /// nil: there is none, or none that is whole.
    func load() -> (bytes: [UInt8], bootID: String)? {
        let headCount = Self.magic.count + 64 + 16
        guard let all = read(), all.count >= headCount, all.starts(with: Self.magic) else {
            return nil
        }
        let body = Array(all[Self.magic.count..<headCount - 8])
        let bytes = Array(all[headCount...])
        guard Array(body[64...]) == word(bytes.count),
            Array(all[headCount - 8..<headCount]) == word(checksum(body, bytes))
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

    /// FNV-1a, 64 bits (draft-eastlake-fnv): against torn files, not against forgers.
    private func checksum(_ parts: [UInt8]...) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in parts {
            part.withUnsafeBufferPointer {
                for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            }
        }
        return hash
    }
}
