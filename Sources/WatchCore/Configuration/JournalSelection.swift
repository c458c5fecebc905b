// Which entries of the systemd journal a stream is made of.

/// Entries that fit all of what is given; of several units, identifiers or values one is enough
/// (journalctl(1)). Empty: there is no such stream.
public struct JournalSelection: Hashable, Sendable, Codable {
    /// As journalctl(1) calls them, the worst first; the place is syslog's number.
    public enum Priority: String, Hashable, Sendable, Codable, CaseIterable {
        case emerg, alert, crit, err, warning, notice, info, debug

        public var number: Int { Self.allCases.firstIndex(of: self) ?? 7 }
    }

    public struct Match: Hashable, Sendable, Codable {
        /// A field of systemd.journal-fields(7), such as `CONTAINER_NAME`.
        public var field: String
        public var values: [String]

        public init(_ field: String, _ values: [String]) {
            self.field = field
            self.values = values
        }
    }

    /// With their suffix: `shop.service`.
    public var units: [String] = []
    /// `SYSLOG_IDENTIFIER`, what syslog calls a tag.
    public var identifiers: [String] = []
    /// This and what is worse; nil: all.
    public var priority: Priority?
    public var matches: [Match] = []
    /// Where journal files lie; nil: this host's journal.
    public var directory: String?

    public init() {}

    /// In words, for messages.
    public var summary: String {
        let names =
            units + identifiers + matches.map { "\($0.field)=\($0.values.joined(separator: "|"))" }
        return names.isEmpty ? "the journal" : "the journal of \(names.joined(separator: ", "))"
    }
}
