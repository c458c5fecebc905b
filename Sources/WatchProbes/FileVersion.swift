// The version as a link's target or a file's line. Both calls may block: workers run them.

import Glibc
import WatchCore
import WatchSystem

enum FileVersion {
    /// A version file is a line or a page.
    static let limit = 64 * 1024

    /// The last component of what the link itself says; links behind it are not followed for the
    /// name, but they must lead somewhere.
    static func symlink(_ path: String) -> VersionReading.Answer {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let start = bytes.baseAddress else { return -1 }
            return readlink(path, start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        let name = printable(path)
        guard count >= 0 else {
            let code = errno
            if code == EINVAL { return .unavailable("\(name) is not a symbolic link") }
            return .unavailable("\(SystemError("read the link \(name)", code: code))")
        }
        let target = String(decoding: buffer[..<count], as: UTF8.self)
        var status = stat()
        if stat(path, &status) != 0 {
            let shown = printable(target)
            switch errno {
            case ELOOP: return .unavailable("\(name) → \(shown): the links go round in a circle")
            case ENOENT, ENOTDIR:
                return .unavailable("\(name) → \(shown): there is nothing at its end")
            // No right to look there is no reason to doubt the link.
            default: break
            }
        }
        return .checked(target.split(separator: "/").last.map { String($0) } ?? "")
    }

    static func file(_ path: String, pattern: String?) -> VersionReading.Answer {
        let bytes: [UInt8]
        do {
            bytes = try File.read(path, limit: limit)
        } catch {
            if error.code == EFBIG {
                return .unavailable("\(printable(path)) is larger than \(limit / 1024) KB")
            }
            return .unavailable(printable("\(error)"))
        }
        guard !bytes.isEmpty else { return .unavailable("\(printable(path)) is empty") }
        guard let pattern else {
            let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
            return .checked(trimmed(String(decoding: line, as: UTF8.self)))
        }
        do {
            guard let text = try PatternMatch.first(of: pattern, in: bytes) else {
                return .unavailable(
                    "\(printable(path)) does not match '\(printable(pattern, limit: 80))'")
            }
            return .checked(text)
        } catch {
            return .unavailable(error.message)
        }
    }

    static func trimmed(_ text: String) -> String {
        var text = Substring(text).drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
