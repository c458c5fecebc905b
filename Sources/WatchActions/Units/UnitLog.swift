// What the helper of unit steps wrote about its runs: `INVOCATION begin`, `INVOCATION exit
// STATUS`, a line each, only ever appended. It lies in /run, so it is empty after a reboot.

import Glibc
import WatchSystem

struct UnitLog: Sendable {
    struct Line: Hashable {
        var invocation: String
        /// nil: it began.
        var exit: Int?
    }

    let path: String

    init(_ name: UnitName, in directory: String) {
        path = "\(directory)/\(name.instance).log"
    }

    /// Every line so far; none when there is no log yet. Foreign lines count, and say nothing.
    func lines() throws(SystemError) -> [Line?] {
        let bytes: [UInt8]
        do {
            bytes = try File.read(path, limit: 4 << 20)
        } catch {
            if error.code == ENOENT { return [] }
            throw error
        }
        // A line without its end is still being written.
        return String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map { Self.parse($0) }
    }

    private static func parse(_ line: Substring) -> Line? {
        let words = line.split(separator: " ")
        if words.count == 2, words[1] == "begin" {
            return Line(invocation: String(words[0]), exit: nil)
        }
        guard words.count == 3, words[1] == "exit", let status = Int(words[2]) else { return nil }
        return Line(invocation: String(words[0]), exit: status)
    }
}
