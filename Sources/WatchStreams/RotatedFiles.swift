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
        /// The log is a link, and it lies where that leads.
        var isBesideTarget = false
    }

    private struct Found {
        var mark: Substring
        var candidate: Candidate

        /// When it was written last; nil: it is gone, or nothing is in it.
        var written: Int64? {
            var status = stat()
            guard stat(candidate.path, &status) == 0, status.st_size > 0 else { return nil }
            return status.st_mtim.nanoseconds
        }
    }

    /// The same as `beside`, and where a link leads beside its target, too.
    static func all(of path: String) throws(FollowProblem) -> [Candidate] {
        guard let place = place(of: path) else { return try beside(path) }
        return try beside(path)
            + beside(place).map { candidate in
                var candidate = candidate
                candidate.isBesideTarget = true
                return candidate
            }
    }

    /// Where `path` leads through links; nil: there are none in it, or it leads nowhere.
    static func place(of path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let place = String(cString: resolved)
        return place == path ? nil : place
    }

    /// Files that may have been `path` once; those of one naming the oldest first. Of a file that
    /// is there packed and unpacked, it is being packed, only the latter. Throws when there is no
    /// descriptor to look with.
    static func beside(_ path: String) throws(FollowProblem) -> [Candidate] {
        let slash = path.lastIndex(of: "/")
        let base = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let directory = slash.map { String(path[...$0]) } ?? "./"
        let dot = base.lastIndex(of: ".").flatMap { $0 == base.startIndex ? nil : $0 }
        let (stem, ending) = (dot.map { base[..<$0] } ?? base[...], dot.map { base[$0...] } ?? "")
        var found: [Naming: [Found]] = [:]
        let names = try names(in: directory, beginningWith: String(stem))
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
                Found(
                    mark: mark,
                    candidate: Candidate(
                        path: directory + name, naming: naming, packing: packing)))
        }
        let order: [Naming] = [.other, .innerDate, .date, .innerNumber, .number]
        return order.flatMap { ordered(found[$0] ?? [], $0).map(\.candidate) }
    }

    /// Oldest first.
    private static func ordered(_ found: [Found], _ naming: Naming) -> [Found] {
        switch naming {
        case .other: return found.sorted { $0.candidate.path < $1.candidate.path }
        case .date, .innerDate:
            if found.contains(where: { endsWithItsYear($0.mark) }) {
                return found.map { (found: $0, written: $0.written ?? 0) }
                    .sorted { $0.written < $1.written }.map(\.found)
            }
            return found.sorted { numbers($0.mark).lexicographicallyPrecedes(numbers($1.mark)) }
        case .number, .innerNumber:
            let sorted = found.sorted {
                numbers($1.mark).lexicographicallyPrecedes(numbers($0.mark))
            }
            return growYounger(sorted) ? sorted.reversed() : sorted
        }
    }

    /// In most schemes `.1` is the youngest; in some it is the oldest. Those tell that are written
    /// more than a second apart, and are compressed or not alike: compressing may change the time.
    private static func growYounger(_ descending: [Found]) -> Bool {
        var votes = 0
        for packing in [Packing.none, .gzip, .foreign] {
            let times = descending.filter { $0.candidate.packing == packing }.compactMap(\.written)
            for (larger, smaller) in zip(times, times.dropFirst())
            where abs(larger - smaller) > 1_000_000_000 {
                votes += larger > smaller ? 1 : -1
            }
        }
        return votes > 0
    }

    /// `12-31-2025` and `31-12-2025` say nothing about their order.
    private static func endsWithItsYear(_ mark: Substring) -> Bool {
        let numbers = numbers(mark)
        return numbers.count >= 3 && numbers[0] <= 31 && numbers[1] <= 31 && numbers[2] >= 1900
    }

    /// Of what a rotation adds to a name, a separator first; nil: of neither kind.
    private static func naming(_ mark: Substring) -> Naming? {
        guard let separator = mark.first, ".-_".contains(separator) else { return nil }
        let digits = mark.dropFirst()
        // More digits are seconds since 1970.
        if separator == ".", (1...8).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (48...57).contains($0) })
        {
            return .number
        }
        return mark.utf8.allSatisfy { digitsAndSigns.contains($0) } ? .date : nil
    }

    /// `.10` comes after `.9`.
    private static func numbers(_ mark: Substring) -> [Int] {
        mark.split { !("0"..."9").contains($0) }.map { Int($0) ?? .max }
    }

    private static func names(
        in directory: String, beginningWith base: String
    ) throws(FollowProblem) -> Set<String> {
        guard !base.isEmpty else { return [] }
        guard let stream = opendir(directory) else {
            let problem = FollowProblem(code: errno)
            if problem.isShortage { throw problem }
            return []
        }
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
