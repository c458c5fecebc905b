// Journal files made by systemd's own writer from its export format (systemd.io,
// JOURNAL_EXPORT_FORMATS), so that real files are read without a running journald.

import Foundation
import TestServers
import Testing
import WatchCore

final class JournalFiles: Sendable {
    private static let writer = "/lib/systemd/systemd-journal-remote"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: writer)

    /// 2026-11-21T09:00:00Z, in seconds.
    static let start = 1_795_251_600

    struct Entry {
        /// Seconds after the start.
        var at: Double
        var message: String
        var fields: [String: String] = [:]

        init(_ at: Double, _ message: String, unit: String = "shop.service", priority: Int = 6) {
            self.at = at
            self.message = message
            fields = ["_SYSTEMD_UNIT": unit, "PRIORITY": "\(priority)"]
        }
    }

    let path: String

    init(_ directory: Directory) throws {
        path = directory.file("journal")
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    /// Appends to a file of the directory, or begins it; of a name that is older, another sequence.
    func write(_ entries: [Entry], to name: String = "a") async throws {
        let export = "\(path)/export.txt"
        var data = Data()
        for entry in entries {
            let microseconds = Int(entry.at * 1e6) + Self.start * 1_000_000
            data += Data("__REALTIME_TIMESTAMP=\(microseconds)\n".utf8)
            data += Data("__MONOTONIC_TIMESTAMP=\(Int(entry.at * 1e6) + 1_000_000)\n".utf8)
            data += Data("_BOOT_ID=0123456789abcdef0123456789abcdef\n".utf8)
            for (key, value) in entry.fields.sorted(by: { $0.key < $1.key }) {
                data += Data("\(key)=\(value)\n".utf8)
            }
            let message = Data(entry.message.utf8)
            data += Data("MESSAGE\n".utf8)
            withUnsafeBytes(of: UInt64(message.count).littleEndian) { data += Data($0) }
            data += message + Data("\n\n".utf8)
        }
        try data.write(to: URL(filePath: export))
        defer { try? FileManager.default.removeItem(atPath: export) }
        let process = ChildProcess()
        process.executableURL = URL(filePath: Self.writer)
        process.arguments = ["--output=\(path)/\(name).journal", export]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let (ended, end) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        for await _ in ended {}
        try #require(process.terminationStatus == 0)
    }

    func remove(_ name: String = "a") throws {
        try FileManager.default.removeItem(atPath: "\(path)/\(name).journal")
    }

    func archive(_ name: String = "a", as other: String) throws {
        try FileManager.default.moveItem(
            atPath: "\(path)/\(name).journal", toPath: "\(path)/\(other).journal")
    }
}
