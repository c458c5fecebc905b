// How bad a program says a line is, whatever it calls it.

/// Levels in order, as in syslog (RFC 5424 §6.2.1) with `trace` below.
public enum LogLevel: Int, Hashable, Sendable, Codable, CaseIterable, Comparable {
    case trace, debug, info, notice, warning, error, critical, alert, emergency

    /// How it is called in conditions.
    public var name: String { "\(self)" }

    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }

    /// Reads the names that loggers write, in any case (`WARN`, `err`, `Fatal`, glog's `E`), the
    /// numbers 0 to 7 of syslog, where 0 is the worst, and those of bunyan and pino from 10 on
    /// (10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal); nil: none of these.
    public init?(text: some Collection<UInt8>) {
        var word: UInt64 = 0
        guard text.count <= 8 else {
            let folded = text.prefix(16).map(Self.folded)
            guard let level = longNames.first(where: { $0.0 == folded })?.1 else { return nil }
            self = level
            return
        }
        for byte in text {
            // A leading zero would pack to nothing.
            if byte == 0 { return nil }
            word = word << 8 | UInt64(Self.folded(byte))
        }
        guard let level = shortNames[word] else { return nil }
        self = level
    }

    private static func folded(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }

    /// How loggers call it.
    public static let aliases: [LogLevel: [String]] = [
        .trace: ["trace", "trc", "verbose", "finest", "finer", "silly", "10"],
        .debug: ["debug", "dbg", "fine", "d", "7", "20"],
        .info: ["info", "inf", "information", "informational", "i", "6", "30"],
        .notice: ["notice", "n", "5"],
        .warning: ["warning", "warn", "wrn", "w", "4", "40"],
        .error: ["error", "err", "eror", "severe", "e", "3", "50"],
        .critical: ["critical", "crit", "fatal", "ftl", "f", "2", "60"],
        .alert: ["alert", "1"],
        .emergency: ["emergency", "emerg", "panic", "0"],
    ]
}

/// Names of up to eight bytes, packed.
private let shortNames: [UInt64: LogLevel] = {
    var names: [UInt64: LogLevel] = [:]
    for (level, aliases) in LogLevel.aliases {
        for name in aliases where name.utf8.count <= 8 {
            names[name.utf8.reduce(0) { $0 << 8 | UInt64($1) }] = level
        }
    }
    return names
}()

private let longNames: [([UInt8], LogLevel)] = LogLevel.aliases.flatMap { level, aliases in
    aliases.filter { $0.utf8.count > 8 }.map { (Array($0.utf8), level) }
}
