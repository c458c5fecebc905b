// Logs to the journal with fields of their own (`journalctl WATCHD_INCIDENT=shop-17`) where
// systemd connected us to it, else plain lines to stderr.

import CSystemd
import Glibc
public import Logging

public struct JournalLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]

    public init(level: Logger.Level) { logLevel = level }

    /// Whether stderr is connected to the journal (systemd.exec(5), `$JOURNAL_STREAM`).
    public static var isConnected: Bool {
        guard let value = getenv("JOURNAL_STREAM") else { return false }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return String(cString: value) == "\(status.st_dev):\(status.st_ino)"
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        Self.send(
            Self.fields(
                "\(event.message)", event.level,
                metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })))
    }

    /// What the journal gets, in the order of the keys.
    static func fields(
        _ message: String, _ level: Logger.Level, _ metadata: Logger.Metadata
    ) -> [String] {
        let own = metadata.sorted { $0.key < $1.key }.map { key, value in
            let name = String(key.uppercased().map { $0.isASCII && $0.isLetter ? $0 : "_" })
            return "WATCHD_\(name)=\(value)"
        }
        return ["MESSAGE=\(message)", "PRIORITY=\(priority(level))", "SYSLOG_IDENTIFIER=watchd"]
            + own
    }

    private static func send(_ fields: [String]) {
        // One buffer for all fields, which must stay where they are until the call returns.
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        for field in fields {
            let start = bytes.count
            bytes += Array(field.utf8)
            ranges.append(start..<bytes.count)
        }
        bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            let vectors = ranges.map {
                iovec(iov_base: base + $0.lowerBound, iov_len: $0.count)
            }
            _ = vectors.withUnsafeBufferPointer {
                sd_journal_sendv($0.baseAddress, Int32($0.count))
            }
        }
    }

    /// syslog(3) priorities.
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
