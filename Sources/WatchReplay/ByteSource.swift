// Where the bytes of an input come from: a file or standard input, compressed with gzip or not.
// Whether it is compressed, its first two bytes tell, whatever its name.

import Glibc

/// Bytes in order, each once. Confined to one thread.
protocol ByteSource: AnyObject {
    /// Puts bytes into `buffer` and returns how many; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputProblem) -> Int
    /// Bytes of the file read so far, compressed where it is.
    var position: Int64 { get }
    /// Size of the file; nil when it has none (a pipe).
    var size: Int64? { get }
}

enum ByteSources {
    static let standardInput = "-"

    /// - Throws: no such file, a directory, no permission; named `.gz` and not one.
    static func open(_ path: String) throws(InputProblem) -> any ByteSource {
        let file = try FileBytes(path)
        try file.sniff()
        if file.isGzip { return GzipBytes(file) }
        if path.hasSuffix(".gz") {
            throw InputProblem(
                path: file.name,
                text: file.isEmpty
                    ? "is empty, which no gzip file is; was it cut?"
                    : "is called .gz and does not begin like a gzip file; rename it if it is "
                        + "plain text")
        }
        return file
    }

    /// What tells a file from all others on this host; nil: it is no file that can be read twice.
    static func identity(_ path: String) -> String? {
        var status = stat()
        guard path != standardInput, stat(path, &status) == 0,
            status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return "\(status.st_dev):\(status.st_ino)"
    }

    /// What `pattern` names: itself where there is such a file or it has no `*`, `?` or `[`; else
    /// all files it matches, sorted.
    static func paths(_ pattern: String) -> [String] {
        guard pattern != standardInput, access(pattern, F_OK) != 0,
            pattern.contains(where: { "*?[".contains($0) })
        else { return [pattern] }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0, let names = found.gl_pathv else {
            return [pattern]
        }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            names[index].map { String(cString: $0) }
        }
    }
}

/// A file as it is.
final class FileBytes: ByteSource {
    let name: String
    private(set) var position: Int64 = 0
    let size: Int64?
    private let descriptor: Int32
    /// The first bytes, read to see what they are.
    private var head: [UInt8] = []
    private var headAt = 0

    init(_ path: String) throws(InputProblem) {
        if path == ByteSources.standardInput {
            name = "standard input"
            descriptor = STDIN_FILENO
            size = nil
            return
        }
        name = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw InputProblem(path: path, text: Self.sentence(errno))
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw InputProblem(path: path, text: Self.sentence(code))
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw InputProblem(path: path, text: "is a directory; name the files in it")
        }
        size = status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    var isEmpty: Bool { head.isEmpty }
    /// RFC 1952: a member begins with these.
    var isGzip: Bool { head == [0x1F, 0x8B] }

    /// Looks at the first two bytes.
    func sniff() throws(InputProblem) {
        let pair = UnsafeMutableRawBufferPointer.allocate(byteCount: 2, alignment: 1)
        defer { pair.deallocate() }
        var count = 0
        while count < 2 {
            let read = try take(UnsafeMutableRawBufferPointer(rebasing: pair[count...]))
            if read == 0 { break }
            count += read
        }
        head = Array(pair[..<count])
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputProblem) -> Int {
        guard headAt < head.count, !buffer.isEmpty else { return try take(buffer) }
        let count = min(head.count - headAt, buffer.count)
        for index in 0..<count { buffer[index] = head[headAt + index] }
        headAt += count
        return count
    }

    private func take(_ buffer: UnsafeMutableRawBufferPointer) throws(InputProblem) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                position += Int64(count)
                return count
            }
            guard errno == EINTR else {
                throw InputProblem(path: name, text: Self.sentence(errno))
            }
        }
    }

    private static func sentence(_ code: Int32) -> String {
        switch code {
        case ENOENT: "there is no such file"
        case EACCES, EPERM: "may not be read by you; use a user who may (logs: often group adm)"
        case EISDIR: "is a directory; name the files in it"
        default: "cannot be read (\(String(cString: strerror(code))))"
        }
    }
}
