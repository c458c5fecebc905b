// Why the journal cannot be read, as a sentence that says what to do. libsystemd leaves out files
// that it may not open without a word, so that is looked for here.

import Glibc
import WatchCore
import WatchSystem

enum JournalProblem {
    /// nil: there is a journal, and some of it may be read.
    static func find(in directory: String?) -> String? {
        let directories = directory.map { [$0] } ?? hostDirectories
        let files = directories.flatMap(journals)
        if files.contains(where: { access($0, R_OK) == 0 }) { return nil }
        if let file = files.first {
            return "watchd's user may not read \(file); add the user to the group "
                + "systemd-journal or adm"
        }
        if let closed = directories.first(where: { access($0, F_OK) == 0 && access($0, R_OK) != 0 })
        {
            return "watchd's user may not look into \(closed); add the user to the group "
                + "systemd-journal or adm"
        }
        return directory.map { "there are no journal files in \($0); watchd waits for them" }
            ?? "there is no journal on this host; watchd waits for it: check that "
            + "systemd-journald runs, and Storage= in journald.conf(5)"
    }

    static func sentence(_ error: JournalError, _ directory: String?) -> String {
        let place = directory.map { "the journal in \($0)" } ?? "the journal"
        switch error.code {
        case ENOENT where directory != nil:
            return "\(place) is not there; watchd waits for it: check the path"
        case EACCES, EPERM:
            return "watchd's user may not read \(place); add the user to the group "
                + "systemd-journal or adm"
        case EMFILE, ENFILE:
            return "\(place) cannot be opened, there are too many open files; raise LimitNOFILE "
                + "of watchd"
        default:
            return "\(place) cannot be read (\(error.operation): "
                + "\(String(cString: strerror(error.code)))); watchd tries again; see "
                + "journalctl --verify"
        }
    }

    /// systemd-journald.service(8), "Files".
    private static var hostDirectories: [String] {
        guard let bytes = try? File.read("/etc/machine-id", limit: 128) else { return [] }
        let machine = String(decoding: bytes, as: UTF8.self).filter { $0.isHexDigit }
        return ["/var/log/journal/\(machine)", "/run/log/journal/\(machine)"]
    }

    private static func journals(_ directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var found: [String] = []
        while found.count < 1000, let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".journal") || name.hasSuffix(".journal~") {
                found.append("\(directory)/\(name)")
            }
        }
        return found
    }
}
