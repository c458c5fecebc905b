// Who is still there below the shim. As a subreaper it inherits orphans, also those that left
// the session, so /proc knows every one of them by its chain of parents.

import Glibc

/// The fields of /proc/PID/stat (proc(5)) that matter here.
struct ProcessStatus {
    var state: Character
    var parent: pid_t
    /// Field 22: ticks since boot; with the pid it names a process uniquely within a boot.
    var start: UInt64

    init?(_ text: String) {
        // The name in parentheses may hold anything, also blanks and parentheses.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = pid_t(fields[1]),
            let start = UInt64(fields[19])
        else { return nil }
        self.state = state
        self.parent = parent
        self.start = start
    }

    /// Dead ones only wait to be reaped.
    var isDead: Bool { state == "Z" || state == "X" }
}

enum Descendants {
    /// The processes below `ancestor` that live; it itself is not among them.
    static func living(of ancestor: pid_t) -> [pid_t] {
        let all = processes()
        var children: [pid_t: [pid_t]] = [:]
        for (pid, status) in all { children[status.parent, default: []].append(pid) }
        var found: [pid_t] = []
        var open = [ancestor]
        while let parent = open.popLast() {
            for child in children[parent] ?? [] {
                open.append(child)
                if all[child]?.isDead == false { found.append(child) }
            }
        }
        return found
    }

    private static func processes() -> [pid_t: ProcessStatus] {
        guard let directory = opendir("/proc") else { return [:] }
        defer { closedir(directory) }
        var result: [pid_t: ProcessStatus] = [:]
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let pid = pid_t(name), let text = readSmall("/proc/\(name)/stat") else {
                continue
            }
            result[pid] = ProcessStatus(text)
        }
        return result
    }
}
