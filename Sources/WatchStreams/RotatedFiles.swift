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
        /// The same before the extension: `app.1.log`, `app-2026-11-21.log`.
        case innerNumber, innerDate
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
        let dot = base.lastIndex(of: ".").flatMap { $0 == base.startIndex ? nil : $0 }
        let (stem, ending) = (dot.map { base[..<$0] } ?? base[...], dot.map { base[$0...] } ?? "")
        var found: [Naming: [(mark: Substring, candidate: Candidate)]] = [:]
        let names = names(in: directory, beginningWith: String(stem))
        for name in names where name != base {
            let (plain, packing) = unpacked(name)
            guard packing == .none || !names.contains(String(plain)) else { continue }
            let naming: Naming
            let mark: Substring
            if plain.hasPrefix(base) {
                mark = plain.dropFirst(base.count)
                guard let separator = mark.first, ".-_".contains(separator) else { continue }
                naming = Self.naming(mark) ?? .other
            } else {
                guard !ending.isEmpty, plain.hasSuffix(ending) else { continue }
                mark = plain.dropFirst(stem.count).dropLast(ending.count)
                switch Self.naming(mark) {
                case .number: naming = .innerNumber
                // `app-2.log` is the log of another instance.
                case .date where mark.count(where: \.isNumber) >= 6: naming = .innerDate
                case .date, .innerNumber, .innerDate, .other, nil: continue
                }
            }
            found[naming, default: []].append(
                (mark, Candidate(path: directory + name, naming: naming, packing: packing)))
        }
        let order: [Naming] = [.other, .innerDate, .date, .innerNumber, .number]
        return order.flatMap { naming in
            (found[naming] ?? []).sorted { one, other in
                switch naming {
                case .other: one.candidate.path < other.candidate.path
                case .date, .innerDate: one.mark < other.mark
                case .number, .innerNumber: numbers(other.mark) < numbers(one.mark)
                }
            }.map(\.candidate)
        }
    }

    /// Of what a rotation adds to a name, a separator first; nil: of neither kind.
    private static func naming(_ mark: Substring) -> Naming? {
        guard let separator = mark.first, ".-_".contains(separator) else { return nil }
        let digits = mark.dropFirst()
        if separator == ".", !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) {
            return .number
        }
        return mark.utf8.allSatisfy { digitsAndSigns.contains($0) } ? .date : nil
    }

    private static func numbers(_ mark: Substring) -> Int { Int(mark.dropFirst()) ?? .max }

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
