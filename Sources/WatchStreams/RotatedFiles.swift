// Finds what a log was renamed or copied to: files beside it, in the order in which they were
// written.

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

    enum Packing: Hashable {
        case none, gzip
        /// In a format that cannot be read here.
        case foreign
    }

    struct Candidate: Hashable {
        var path: String
        var naming: Naming
        var packing = Packing.none
    }

    /// Files that may have been `path` once; those of one naming the oldest first. Of a file that
    /// is there packed and unpacked, it is being packed, only the latter.
    static func beside(_ path: String) -> [Candidate] {
        let slash = path.lastIndex(of: "/")
        let base = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let directory = slash.map { String(path[...$0]) } ?? "./"
        var numbered: [(number: Int, candidate: Candidate)] = []
        var dated: [(date: Substring, candidate: Candidate)] = []
        var others: [Candidate] = []
        let names = names(in: directory, beginningWith: base)
        for name in names {
            let (plain, packing) = unpacked(name)
            guard packing == .none || !names.contains(String(plain)) else { continue }
            let ending = plain.dropFirst(base.count)
            guard let separator = ending.first, ".-_".contains(separator) else { continue }
            var candidate = Candidate(path: directory + name, naming: .other, packing: packing)
            if separator == ".", let number = Int(ending.dropFirst()), number >= 0 {
                candidate.naming = .number
                numbered.append((number, candidate))
            } else if ending.utf8.allSatisfy({ digitsAndSigns.contains($0) }) {
                candidate.naming = .date
                dated.append((ending, candidate))
            } else {
                others.append(candidate)
            }
        }
        numbered.sort { $0.number > $1.number }
        dated.sort { $0.date < $1.date }
        others.sort { $0.path < $1.path }
        return others + dated.map(\.candidate) + numbered.map(\.candidate)
    }

    private static func names(in directory: String, beginningWith base: String) -> Set<String> {
        guard !base.isEmpty, let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: Set<String> = []
        var seen = 0
        while seen < limit, let entry = readdir(stream) {
            seen += 1
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(base), name.utf8.count > base.utf8.count { names.insert(name) }
        }
        return names
    }

    private static func unpacked(_ name: String) -> (name: Substring, packing: Packing) {
        if name.hasSuffix(".gz") { return (name.dropLast(3), .gzip) }
        for ending in foreign where name.hasSuffix(ending) {
            return (name.dropLast(ending.count), .foreign)
        }
        return (name[...], .none)
    }

    private static let digitsAndSigns = Set("0123456789.-_:T+".utf8)

    private static let foreign = [".bz2", ".xz", ".zst", ".lz4", ".Z"]
}
