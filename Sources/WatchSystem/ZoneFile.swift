// Time zones from the system's database, TZif files (RFC 8536) under /usr/share/zoneinfo. They are
// read when the configuration is loaded; what comes out is a value (`ZoneTable`). glibc's own
// functions know one zone per process, so the files are read here.

public import WatchCore

public enum ZoneFile {
    public static let directory = "/usr/share/zoneinfo"
    /// No file of the database is a tenth of that.
    private static let limit = 1 << 20
    /// Transitions are kept from here …
    static let firstYear = 1990
    /// … to here; then the zone's last offset goes on.
    static let lastYear = 2100

    public enum Failure: Error, Hashable, Sendable {
        /// No such name in the database.
        case unknown
        /// The database is not there.
        case noDatabase
        /// The file is not one of its kind; the sentence says why.
        case unreadable(String)
    }

    public static func table(
        _ name: String, in directory: String = ZoneFile.directory
    ) throws(Failure) -> ZoneTable {
        if name == "UTC" { return .utc }
        guard Directory.isDirectory(directory) else { throw .noDatabase }
        let path = directory + "/" + name
        guard isName(name), !Directory.isDirectory(path) else { throw .unknown }
        let bytes: [UInt8]
        do {
            bytes = try File.read(path, limit: limit)
        } catch {
            throw error.isMissing ? .unknown : .unreadable("\(error)")
        }
        return try parse(bytes, name: name)
    }

    /// Every name there is, sorted; empty without a database.
    public static func names(in directory: String = ZoneFile.directory) -> [String] {
        var names: [String] = ["UTC"]
        var folders = [""]
        // Three levels, as in America/Argentina/Ushuaia; a link must not lead round and round.
        while let folder = folders.popLast() {
            for entry in Directory.names(in: directory + "/" + folder) {
                let name = folder + entry
                guard entry.first?.isUppercase ?? false, names.count < 5000 else { continue }
                if Directory.isDirectory(directory + "/" + name) {
                    if name.split(separator: "/").count < 3 { folders.append(name + "/") }
                } else {
                    names.append(name)
                }
            }
        }
        return Array(Set(names)).sorted()
    }

    /// `Area/Place`, and no way out of the directory.
    private static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 100 else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.utf8.first, first != UInt8(ascii: ".") else { return false }
            return part.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122: true
                default: "._+-".utf8.contains(byte)
                }
            }
        }
    }

    // MARK: - The format

    static func parse(_ bytes: [UInt8], name: String) throws(Failure) -> ZoneTable {
        var reader = Reader(bytes: bytes[...])
        let first = try reader.header()
        guard first.version >= 2 else {
            throw .unreadable("it is of version 1, which ends in 2037")
        }
        // The block of 32-bit times that older programs read.
        try reader.skip(first.size(timeBytes: 4))
        let header = try reader.header()
        let times = try reader.numbers(header.times, bytes: 8)
        let kinds = try reader.numbers(header.times, bytes: 1)
        var offsets: [Int64] = []
        for _ in 0..<header.types {
            offsets.append(try reader.number(bytes: 4))
            try reader.skip(2)
        }
        try reader.skip(header.afterTypes(timeBytes: 8))
        let footer = try reader.footer()
        guard !offsets.isEmpty else { throw .unreadable("it names no offset") }
        var transitions: [ZoneTable.Transition] = []
        for (time, kind) in zip(times, kinds) {
            guard offsets.indices.contains(Int(kind)) else {
                throw .unreadable("it names an offset that it has not")
            }
            transitions.append(.init(at: time, offset: offsets[Int(kind)]))
        }
        return try table(name, offsets[0], transitions, footer)
    }

    private static func table(
        _ name: String, _ first: Int64, _ explicit: [ZoneTable.Transition], _ footer: String
    ) throws(Failure) -> ZoneTable {
        var all = explicit.sorted { $0.at < $1.at }
        if !footer.isEmpty {
            guard let rule = PosixZone(footer) else {
                throw .unreadable("its rule '\(printable(footer, limit: 80))' is not understood")
            }
            let last = all.last?.at ?? .min
            all += rule.transitions(from: firstYear, to: lastYear).filter { $0.at > last }
            if all.isEmpty { return ZoneTable(name: name, first: rule.standard) }
        }
        let start = Int64(WallTime.days(year: firstYear, month: 1, day: 1)) * 86_400
        let before = all.last { $0.at < start }?.offset ?? first
        return ZoneTable(name: name, first: before, transitions: all.filter { $0.at >= start })
    }
}

extension SystemError {
    fileprivate var isMissing: Bool { code == 2 || code == 20 }
}

/// Takes a TZif file apart from its beginning; every number is big-endian (RFC 8536 §3).
private struct Reader {
    var bytes: ArraySlice<UInt8>

    struct Header {
        var version = 0
        var times = 0
        var types = 0
        var characters = 0
        var leaps = 0
        var standards = 0
        var universals = 0

        func afterTypes(timeBytes: Int) -> Int {
            characters + leaps * (timeBytes + 4) + standards + universals
        }

        func size(timeBytes: Int) -> Int {
            times * (timeBytes + 1) + types * 6 + afterTypes(timeBytes: timeBytes)
        }
    }

    mutating func header() throws(ZoneFile.Failure) -> Header {
        guard bytes.count >= 44, bytes.starts(with: "TZif".utf8) else {
            throw .unreadable("it is no time zone file")
        }
        let version = bytes[bytes.startIndex + 4]
        try skip(20)
        let counts = try numbers(6, bytes: 4).map(Int.init)
        guard counts.allSatisfy({ (0...100_000).contains($0) }) else {
            throw .unreadable("its header makes no sense")
        }
        return Header(
            version: version >= UInt8(ascii: "2") ? Int(version) - 48 : 1, times: counts[3],
            types: counts[4], characters: counts[5], leaps: counts[2], standards: counts[1],
            universals: counts[0])
    }

    mutating func skip(_ count: Int) throws(ZoneFile.Failure) {
        guard bytes.count >= count else { throw .unreadable("it is cut off") }
        bytes = bytes.dropFirst(count)
    }

    /// Signed where it has 4 or 8 bytes.
    mutating func number(bytes count: Int) throws(ZoneFile.Failure) -> Int64 {
        guard bytes.count >= count else { throw .unreadable("it is cut off") }
        let value = bytes.prefix(count).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        bytes = bytes.dropFirst(count)
        return count == 4
            ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }

    mutating func numbers(
        _ count: Int, bytes size: Int
    ) throws(ZoneFile.Failure) -> [Int64] {
        guard bytes.count >= count * size else { throw .unreadable("it is cut off") }
        var numbers: [Int64] = []
        for _ in 0..<count { numbers.append(try number(bytes: size)) }
        return numbers
    }

    /// Between two line feeds; empty when the zone has no rule for what comes.
    mutating func footer() throws(ZoneFile.Failure) -> String {
        guard bytes.first == 10 else { throw .unreadable("it has no footer") }
        return String(decoding: bytes.dropFirst().prefix { $0 != 10 }, as: UTF8.self)
    }
}
