// The two records a step leaves: `claim` (it began, under this process) and `exit` (how it
// ended). Both appear whole or not at all, and are on disk before anybody relies on them.

import Glibc

/// How the shim itself ends.
enum ShimExit: Int32 {
    /// The step's end, good or bad, is recorded.
    case recorded = 0
    case usage = 64
    /// A record could not be written; stderr says which.
    case notRecorded = 70
    /// There was no room for the claim: nothing was run. The daemon knows this number.
    case noRoom = 73
    /// Another shim has the step: nothing was run.
    case alreadyClaimed = 75
}

enum ClaimError: Error {
    case alreadyClaimed
    case failed(String)
    /// The disk is full, or its user's share of it.
    case noRoom(String)

    /// - Parameter code: of errno(3).
    init(_ operation: String, code: Int32 = errno) {
        let message = "\(operation): \(String(cString: strerror(code)))"
        self = code == ENOSPC || code == EDQUOT ? .noRoom(message) : .failed(message)
    }
}

/// How a step ended; becomes the file `exit`.
struct ExitRecord {
    enum Ending: String {
        case exited, signalled, timedOut, cancelled, couldNotStart
    }

    var ending: Ending
    /// Exit status or signal number.
    var code = 0
    /// Cause and remedy when it could not start; else what else is worth knowing.
    var message = ""
    /// Seconds.
    var took = 0.0
    var outputBytes = 0
    var dropped = 0
    /// Of what it answered, where that is kept apart.
    var answerDropped = 0
    /// Processes it left behind, which were killed.
    var leftovers = 0

    var json: String {
        """
        {"format":1,"ending":"\(ending.rawValue)","code":\(code),"message":"\(escaped(message))",\
        "took":\(took),"outputBytes":\(outputBytes),"dropped":\(dropped),\
        "leftovers":\(leftovers),"answerDropped":\(answerDropped)}
        """
    }
}

struct Records: ~Copyable {
    private let directory: String
    /// Made and filled before the step begins, so that a full disk cannot lose its end.
    private let reserved: Int32
    private let reservedPath: String

    /// Claims the step for this process.
    /// - Throws: `alreadyClaimed` when another process has it, whatever became of that one.
    init(claiming directory: String) throws(ClaimError) {
        let pid = getpid()
        self.directory = directory
        reservedPath = "\(directory)/exit.\(pid)"
        reserved = open(reservedPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard reserved >= 0 else { throw ClaimError("create \(reservedPath)") }
        do throws(ClaimError) {
            try Self.claim(directory, reserved: reserved, pid: pid)
        } catch {
            close(reserved)
            unlink(reservedPath)
            throw error
        }
    }

    private static func claim(
        _ directory: String, reserved: Int32, pid: pid_t
    ) throws(ClaimError) {
        let full = posix_fallocate(reserved, 0, 4096)
        guard full == 0 || full == EOPNOTSUPP else {
            throw ClaimError("reserve \(directory)/exit", code: full)
        }
        guard let boot = readSmall("/proc/sys/kernel/random/boot_id")?.filter({ $0 != "\n" })
        else { throw .failed(reason("read /proc/sys/kernel/random/boot_id")) }
        guard let own = ProcessStatus(readSmall("/proc/self/stat") ?? "") else {
            throw .failed(reason("read /proc/self/stat"))
        }
        let temporary = "\(directory)/claim.\(pid)"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ClaimError("create \(temporary)") }
        defer { unlink(temporary) }
        let json = """
            {"format":1,"bootID":"\(escaped(boot))","pid":\(pid),"pidStart":\(own.start)}
            """
        let written = writeAll(file, Array(json.utf8)) && fsync(file) == 0
        let code = errno
        close(file)
        guard written else { throw ClaimError("write \(temporary)", code: code) }
        // link(2) fails when the name exists: of two shims exactly one wins, and the name never
        // shows a part of the text.
        guard link(temporary, "\(directory)/claim") == 0 else {
            if errno == EEXIST { throw .alreadyClaimed }
            throw ClaimError("claim \(directory)")
        }
        guard syncDirectory(directory) else { throw .failed(reason("sync \(directory)")) }
    }

    /// - Returns: whether the record is on disk.
    func finish(_ record: ExitRecord) -> Bool {
        let json = Array((record.json + "\n").utf8)
        guard lseek(reserved, 0, SEEK_SET) == 0, writeAll(reserved, json),
            ftruncate(reserved, json.count) == 0, fsync(reserved) == 0,
            rename(reservedPath, "\(directory)/exit") == 0, syncDirectory(directory)
        else {
            complain(reason("record the end (\(record.json)) in \(directory)"))
            return false
        }
        return true
    }
}

/// What was tried and why it failed, from errno.
func reason(_ operation: String) -> String {
    "\(operation): \(String(cString: strerror(errno)))"
}

func writeAll(_ file: Int32, _ bytes: [UInt8]) -> Bool {
    var done = 0
    while done < bytes.count {
        let count = bytes[done...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        done += count
    }
    return true
}

/// The first 4 KB of a file of /proc; nil with errno set.
func readSmall(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &bytes, bytes.count)
    guard count >= 0 else { return nil }
    return String(decoding: bytes[..<count], as: UTF8.self)
}

private func syncDirectory(_ path: String) -> Bool {
    let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return false }
    defer { close(directory) }
    return fsync(directory) == 0
}

/// `text` as the inside of a JSON string (RFC 8259, 7); control characters become `?`.
private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case "\n": result += "\\n"
        case _ where scalar.value < 0x20: result += "?"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
