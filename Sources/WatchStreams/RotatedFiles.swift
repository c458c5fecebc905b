// Finds what a log was renamed to: files beside it, in the order in which they were written.

import Glibc

enum RotatedFiles {
    /// Names looked at in one directory.
    static let limit = 10_000

    /// Paths of the files that were `path` once, the oldest first. `log.12` is older than `log.2`;
    /// other endings (`log-20261121`) are ordered by name. Compressed ones are left out: a file is
    /// compressed into another file.
    static func beside(_ path: String) -> [String] {
        let slash = path.lastIndex(of: "/")
        let base = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let directory = slash.map { String(path[...$0]) } ?? "./"
        guard !base.isEmpty, let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var numbered: [(number: Int, name: String)] = []
        var named: [String] = []
        var seen = 0
        while seen < limit, let entry = readdir(stream) {
            seen += 1
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix(base), name.utf8.count > base.utf8.count else { continue }
            let ending = name.dropFirst(base.count)
            guard let separator = ending.first, ".-_".contains(separator),
                !compressed.contains(where: { name.hasSuffix($0) })
            else { continue }
            if separator == ".", let number = Int(ending.dropFirst()), number >= 0 {
                numbered.append((number, name))
            } else {
                named.append(name)
            }
        }
        numbered.sort { $0.number > $1.number }
        named.sort()
        return (named + numbered.map(\.name)).map { directory + $0 }
    }

    private static let compressed = [".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z"]
}
