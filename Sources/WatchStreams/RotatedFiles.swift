// Finds what a log was renamed to: files beside it, in the order in which they were written.

import Glibc

enum RotatedFiles {
    /// Names looked at in one directory.
    static let limit = 10_000

    enum Naming: Hashable {
        /// `log.1`; the larger, the older.
        case number
        /// `log-20261121`, `log.2026-11-21T09:30`: digits and signs, in their order.
        case date
        /// `log.old`, or the log of another program: says nothing about its age.
        case other
    }

    struct Candidate: Hashable {
        var path: String
        var naming: Naming
    }

    /// Files that may have been `path` once; those of one naming the oldest first. Compressed ones
    /// are left out: a file is compressed into another file.
    static func beside(_ path: String) -> [Candidate] {
        let slash = path.lastIndex(of: "/")
        let base = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let directory = slash.map { String(path[...$0]) } ?? "./"
        guard !base.isEmpty, let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var numbered: [(number: Int, name: String)] = []
        var dated: [String] = []
        var others: [String] = []
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
            } else if ending.utf8.allSatisfy({ digitsAndSigns.contains($0) }) {
                dated.append(name)
            } else {
                others.append(name)
            }
        }
        numbered.sort { $0.number > $1.number }
        dated.sort()
        return others.map { Candidate(path: directory + $0, naming: .other) }
            + dated.map { Candidate(path: directory + $0, naming: .date) }
            + numbered.map { Candidate(path: directory + $0.name, naming: .number) }
    }

    private static let digitsAndSigns = Set("0123456789.-_:T+".utf8)

    private static let compressed = [".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z"]
}
