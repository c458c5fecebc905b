// Windows, timers and stream positions, as one file that is replaced every few seconds. It need
// not survive a power cut: losing it costs a warm-up. So it is not synced, and a damaged one reads
// as none.

import Glibc
public import WatchSystem

public struct CheckpointFile: Sendable {
    private static let magic = Array("watchd-checkpoint-1\n".utf8)
    private static let limit = 256 << 20
    private let path: String

    public init(directory: String) { path = directory + "/checkpoint" }

    public func save(_ bytes: [UInt8]) throws(SystemError) {
        var content = Self.magic
        withUnsafeBytes(of: Self.checksum(bytes).littleEndian) { content += Array($0) }
        content += bytes
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("create \(temporary)") }
        var written = 0
        while written < content.count {
            let count = content[written...].withUnsafeBytes {
                write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 || errno == EINTR else {
                let error = SystemError("write \(temporary)")
                close(descriptor)
                unlink(temporary)
                throw error
            }
            written += Swift.max(0, count)
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else { throw SystemError("rename \(temporary)") }
    }

    /// nil: there is none, or none that is whole.
    public func load() -> [UInt8]? {
        guard let content = try? File.read(path, limit: Self.limit),
            content.starts(with: Self.magic), content.count >= Self.magic.count + 8
        else { return nil }
        let start = Self.magic.count
        let stored = content[start..<start + 8].reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        let bytes = Array(content[(start + 8)...])
        return Self.checksum(bytes) == stored ? bytes : nil
    }

    /// FNV-1a, 64 bits: finds cut and mixed files, which is all it is for.
    private static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
