// libsystemd's reader of the journal (sd-journal(3)) with our types: each call once, errors as
// values, nothing decided.

import CSystemd
import Glibc
import WatchCore

struct JournalError: Error, Hashable {
    /// What was tried.
    var operation: String
    /// Of errno(3), positive.
    var code: Int32
}

/// Confined to one thread.
final class JournalReader {
    /// What a change of the files means.
    enum Change {
        case none, appended
        /// Files came or went: rotation, vacuum.
        case rotated
    }

    private let handle: OpaquePointer
    /// To wait at; −1: the kernel has no inotify left for us.
    let descriptor: Int32

    /// - Parameter directory: where the files lie; nil: this host's journal.
    init(directory: String?) throws(JournalError) {
        var handle: OpaquePointer?
        // Not SD_JOURNAL_SYSTEM: services that run as an ordinary user have files of that user.
        let code =
            directory.map { sd_journal_open_directory(&handle, $0, 0) }
            ?? sd_journal_open(&handle, Int32(SD_JOURNAL_LOCAL_ONLY))
        guard code >= 0, let handle else {
            throw JournalError(operation: "open", code: -code)
        }
        self.handle = handle
        // Before anything is read, or files that come in between would be missed.
        descriptor = Swift.max(-1, sd_journal_get_fd(handle))
        // Longer texts are cut there, which the bound of a line notices.
        sd_journal_set_data_threshold(handle, LineParser.lineLimit + 64)
    }

    deinit { sd_journal_close(handle) }

    // MARK: - Selection

    func add(_ field: String, _ value: String) throws(JournalError) {
        let match = Array("\(field)=\(value)".utf8)
        try check("select", sd_journal_add_match(handle, match, match.count))
    }

    func addAlternative() throws(JournalError) {
        try check("select", sd_journal_add_disjunction(handle))
    }

    // MARK: - Moving

    func seekToHead() throws(JournalError) { try check("seek", sd_journal_seek_head(handle)) }

    func seekToTail() throws(JournalError) { try check("seek", sd_journal_seek_tail(handle)) }

    /// The next one is the first that is not before `time`.
    func seek(to time: WallTime) throws(JournalError) {
        try check("seek", sd_journal_seek_realtime_usec(handle, Self.microseconds(time)))
    }

    /// The next one is that of the cursor or, if it is gone, the one that came after it.
    func seek(to cursor: String) throws(JournalError) {
        try check("seek", sd_journal_seek_cursor(handle, cursor))
    }

    /// Whether there was one.
    func next() throws(JournalError) -> Bool { try check("read", sd_journal_next(handle)) > 0 }

    func previous() throws(JournalError) -> Bool {
        try check("read", sd_journal_previous(handle)) > 0
    }

    /// Takes note of what happened to the files.
    func process() -> Change {
        switch sd_journal_process(handle) {
        case Int32(SD_JOURNAL_APPEND): .appended
        case Int32(SD_JOURNAL_INVALIDATE): .rotated
        default: .none
        }
    }

    /// When the oldest entry that is left was written, of whatever selection; nil: there is none.
    var oldest: WallTime? {
        var from: UInt64 = 0
        guard sd_journal_get_cutoff_realtime_usec(handle, &from, nil) > 0 else { return nil }
        return WallTime(nanoseconds: Int64(clamping: from).multipliedClamping(by: 1000))
    }

    // MARK: - The entry

    var cursor: String? {
        var text: UnsafeMutablePointer<CChar>?
        guard sd_journal_get_cursor(handle, &text) >= 0, let text else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    func isAt(_ cursor: String) -> Bool { sd_journal_test_cursor(handle, cursor) > 0 }

    /// When journald received it.
    var time: WallTime? {
        var microseconds: UInt64 = 0
        guard sd_journal_get_realtime_usec(handle, &microseconds) >= 0 else { return nil }
        return WallTime(nanoseconds: Int64(clamping: microseconds).multipliedClamping(by: 1000))
    }

    /// The value of a field while `body` looks at it; nil: it has none.
    func with<Result>(
        _ field: StaticString, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(JournalError) -> Result? {
        var data: UnsafeRawPointer?
        var count = 0
        let name = UnsafeRawPointer(field.utf8Start).assumingMemoryBound(to: CChar.self)
        let code = sd_journal_get_data(handle, name, &data, &count)
        if code == -ENOENT { return nil }
        try check("read", code)
        let start = field.utf8CodeUnitCount + 1
        guard let data, count >= start else { return nil }
        return body(UnsafeRawBufferPointer(start: data + start, count: count - start))
    }

    @discardableResult
    private func check(_ operation: String, _ code: Int32) throws(JournalError) -> Int32 {
        guard code >= 0 else { throw JournalError(operation: operation, code: -code) }
        return code
    }

    private static func microseconds(_ time: WallTime) -> UInt64 {
        UInt64(Swift.max(0, time.nanoseconds) / 1000)
    }
}

extension Int64 {
    fileprivate func multipliedClamping(by factor: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
