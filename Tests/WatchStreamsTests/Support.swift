// Real files in a directory of their own, and a consumer that counts every line it was ever given.

import Glibc
import WatchCore
import WatchStreams

final class Directory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/watchd-streams-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
    }

    deinit { remove(path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    private func remove(_ path: String) {
        for name in names(path) {
            let child = "\(path)/\(name)"
            if unlink(child) != 0 { remove(child) }
        }
        rmdir(path)
    }

    private func names(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// A program that logs: keeps its descriptor until it is told to reopen.
final class Writer {
    let path: String
    private var descriptor: Int32

    init(_ path: String) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }

    deinit { close(descriptor) }

    func reopen() {
        close(descriptor)
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }

    func write(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return }
            written += count
        }
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    func truncate() { ftruncate(descriptor, 0) }
}

/// Keeps lines as text, in order.
struct Lines: LineConsumer {
    var lines: [String] = []
    var tooLong = 0
    var unfinished = 0
    var gaveUp = 0

    mutating func consume(_ line: UnsafeRawBufferPointer) {
        lines.append(String(decoding: line, as: UTF8.self))
    }
    mutating func skippedLongLine() { tooLong += 1 }
    mutating func lostUnfinishedLine() { unfinished += 1 }
    mutating func gaveUpFile() { gaveUp += 1 }
}

/// A follower, what it read, and hands to turn.
final class Following {
    let follower: FileFollower
    var seen = Lines()
    var now = Instant.seconds(1000)

    init(
        _ path: String, position: FilePosition? = nil, beginning: FileFollower.Beginning = .start
    ) {
        follower = FileFollower(path: path, position: position, beginning: beginning)
    }

    var lines: [String] { seen.lines }

    @discardableResult
    func poll(after duration: Duration = .milliseconds(25)) -> FileFollower.Outcome {
        now = now + duration
        var outcome = follower.poll(now: now, into: &seen)
        while outcome.hasMore { outcome = follower.poll(now: now, into: &seen) }
        return outcome
    }

    var isReading: Bool { follower.source == .reading }

    var reason: String {
        if case .unreadable(let why) = follower.source { return why }
        return ""
    }
}

func parse(_ format: LogFormat, _ line: String) -> LogLine? {
    parse(format, Array(line.utf8))
}

func parse(_ format: LogFormat, _ line: [UInt8]) -> LogLine? {
    line.withUnsafeBytes { format.parse($0) }
}

/// The same numbers for the same seed.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    // SplitMix64 (Steele, Lea, Flood 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
