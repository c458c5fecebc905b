// The directory of one task: its records and its output. The directory's name is the task's id,
// and its records are why a task runs at most once, whatever crashes.

import Glibc
import WatchCore
import WatchSystem

struct TaskDirectory: Sendable {
    /// Bytes of output that a result carries.
    static let resultOutput = 4096
    private static let outputLimit = 4 << 20

    let id: String
    let path: String

    /// - Throws: for an id that is no plain file name.
    init(_ id: String, in directory: String) throws(RecordError) {
        let isPlain = !id.isEmpty && id.utf8.count <= 200 && id != "." && id != ".."
        guard isPlain, id.utf8.allSatisfy({ $0 > 32 && $0 != 47 && $0 < 127 }) else {
            throw .noTask(id)
        }
        self.id = id
        path = "\(directory)/\(id)"
    }

    func create() throws(SystemError) {
        if mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw SystemError("create \(path)")
        }
        try File.syncDirectory(of: path)
    }

    /// nil: there is none.
    func read<T: Codable>(_ type: T.Type, _ name: String) throws(RecordError) -> T? {
        let file = "\(path)/\(name)"
        let bytes: [UInt8]
        do {
            bytes = try File.read(file, limit: 65536)
        } catch {
            if error.code == ENOENT { return nil }
            throw RecordError(message: "\(error)")
        }
        return try RecordCoding.decode(type, bytes, file)
    }

    func claim() throws(RecordError) -> Claim? { try read(Claim.self, Claim.fileName) }
    func exit() throws(RecordError) -> ExitRecord? {
        try read(ExitRecord.self, ExitRecord.fileName)
    }
    func intent() throws(RecordError) -> UnitIntent? {
        try read(UnitIntent.self, UnitIntent.fileName)
    }

    func write(_ record: some Codable, _ name: String) throws(SystemError) {
        try File.writeAtomically("\(path)/\(name)", RecordCoding.encode(record))
    }

    /// What a crash left of a record that it kept from being written; asked by whoever takes the
    /// task up, who alone writes that record.
    func removeUnfinished(_ name: String) { unlink("\(path)/\(name).new") }

    /// Takes the claim without a process, so that no shim can ever begin the task.
    /// - Returns: false when somebody has it already.
    func claimForNobody(bootID: String) throws(SystemError) -> Bool {
        let temporary = "\(path)/claim.none"
        let claim = Claim(bootID: bootID, pid: 0, pidStart: 0)
        try File.writeAtomically(temporary, RecordCoding.encode(claim))
        defer { unlink(temporary) }
        guard link(temporary, "\(path)/\(Claim.fileName)") == 0 else {
            if errno == EEXIST { return false }
            throw SystemError("claim \(path)")
        }
        try File.syncDirectory(of: "\(path)/claim")
        return true
    }

    var inputPath: String { "\(path)/input" }

    func write(input: String) throws(SystemError) {
        try File.writeAtomically(inputPath, Array(input.utf8))
    }

    var answerPath: String { "\(path)/answer" }

    /// What the program answered, where that is kept apart.
    func answer() -> [UInt8] {
        (try? File.read(answerPath, limit: Self.outputLimit)) ?? []
    }

    /// What it answers is kept apart, since somebody looks at it.
    var hasAnswer: Bool { access(answerPath, F_OK) == 0 }

    /// How the program's end was judged, where what it answered is not kept as it was.
    func judged() -> TaskResult? {
        (try? read(JudgedRecord.self, JudgedRecord.fileName))?.result
    }

    /// What the program printed, in the files it is in; empty ones are left out.
    func printed() -> [(file: String, bytes: [UInt8])] {
        ["answer", "output"].compactMap { name in
            let file = "\(path)/\(name)"
            guard let bytes = try? File.read(file, limit: Self.outputLimit), !bytes.isEmpty else {
                return nil
            }
            return (file, bytes)
        }
    }

    /// The last part of each, for people.
    static func excerpt(of printed: [[UInt8]]) -> String {
        printed.map { readable($0.suffix(resultOutput)) }.joined(separator: "\n")
    }

    /// What of its command line the shim did not understand, before it printed its usage.
    func refusal() -> String? {
        let lines = ((try? File.read("\(path)/shim.log", limit: 65536)) ?? [])
            .split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        guard let usage = lines.firstIndex(where: { $0.hasPrefix("usage: ") }), usage > 0 else {
            return nil
        }
        let text = lines[usage - 1]
        let own = "watchd-step: "
        return printable(text.hasPrefix(own) ? text.dropFirst(own.count) : text[...], limit: 300)
    }

    /// What the shim had to say, if anything.
    func complaint() -> String {
        guard let bytes = try? File.read("\(path)/shim.log", limit: 65536) else { return "" }
        return printable(String(decoding: bytes.suffix(1000), as: UTF8.self), limit: 1000)
    }

    /// Lines stay lines; everything else that a terminal would obey becomes `?`.
    static func readable(_ bytes: some Collection<UInt8>) -> String {
        // A character that was cut in half at the start is left out.
        let whole = bytes.drop { $0 & 0xC0 == 0x80 }
        // Split as bytes: `\r\n` is a single Character.
        return Array(whole).split(separator: 10, omittingEmptySubsequences: false)
            .map { $0.last == 13 ? $0.dropLast() : $0 }
            .map { printable(String(decoding: $0, as: UTF8.self), limit: .max) }
            .joined(separator: "\n")
    }

    /// Removes all of it.
    func remove() {
        for name in Self.entries(path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// When something was last put into it or renamed in it; nil: it is not there.
    func changed() -> WallTime? { Directory.changed(path) }

    static func entries(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
