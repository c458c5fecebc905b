// The journal as a stream: entries that fit a selection, each once, through rotation, vacuum and
// restarts.

import Glibc
import WatchCore

/// A line is an entry's MESSAGE; its time, unless its text has one, is when journald received it,
/// and its level the PRIORITY it came with.
///
/// What is lost makes the stream blind: entries that were vacuumed away before they were read
/// (seen by the oldest that is left; how many is not known, so they count as one), and those that
/// journald itself dropped for its rate limit, which it tells in an entry of its own.
final class JournalSource: LogSource {
    /// Entries read in one turn.
    static let turnLimit = 8192
    /// An entry can be written so long after it was received.
    private static let delay = Duration.seconds(5)
    /// After an error it is opened anew, at most so often.
    private static let retry = Duration.seconds(1)

    private let selection: JournalSelection
    private let name: String
    private var saved: JournalPosition?
    private var beginning: FileFollower.Beginning
    private var reader: JournalReader?
    private var problem: String?
    private var tryAfter: Instant?
    /// Of the last entry that was counted.
    private var cursor: String?
    /// Of the entry before those whose lines are held.
    private var cursorBeforeRecord: String?
    /// The entry that is looked at was counted, and its cursor not asked for yet.
    private var isCursorStale = false
    /// Everything written before was seen.
    private var seen = WallTime(nanoseconds: 0)
    /// The next entry may be the one of the saved cursor, which was counted.
    private var isResuming = false
    private var isBehind = false
    /// Losses found while nothing was read.
    private var lost = 0

    init(
        _ selection: JournalSelection, position: JournalPosition?,
        beginning: FileFollower.Beginning
    ) {
        self.selection = selection
        self.beginning = beginning
        name = Self.name(of: selection)
        saved = position
    }

    /// What tells one selection from another, in a checkpoint.
    static func name(of selection: JournalSelection) -> String {
        let matches = selection.matches.map { "\($0.field)=\($0.values.joined(separator: "|"))" }
        return
            ([selection.directory ?? ""] + selection.units + selection.identifiers
            + [selection.priority?.rawValue ?? ""] + matches).joined(separator: " ")
    }

    var source: StreamBatch.Source { problem.map { .unreadable($0) } ?? .reading }

    func position(before held: BatchBuilder.Held) -> StreamPosition? {
        readCursor()
        let cursor = held.lines > 0 ? cursorBeforeRecord : cursor
        guard seen.nanoseconds > 0 else { return saved.map { .journal($0) } }
        return .journal(
            JournalPosition(selection: name, cursor: cursor, seen: seen.nanoseconds))
    }

    /// It is asked for seldom, since that costs more than an entry.
    private func readCursor() {
        guard isCursorStale else { return }
        isCursorStale = false
        cursor = reader?.cursor ?? cursor
    }

    var descriptors: [Int32] { reader.map { [$0.descriptor] } ?? [] }

    func close() { reader = nil }

    // MARK: - Opening

    func look(now: Moment) {
        guard reader == nil, tryAfter.map({ now.boot >= $0 }) ?? true else { return }
        if let found = JournalProblem.find(in: selection.directory) {
            problem = found
            tryAfter = now.boot + Self.retry
            // What comes when it is there at last was written after we began.
            if saved == nil, seen.nanoseconds == 0 { seen = now.wall }
            return
        }
        do throws(JournalError) {
            let reader = try JournalReader(directory: selection.directory)
            try select(reader)
            try seek(reader, now: now)
            self.reader = reader
            problem = nil
            tryAfter = nil
        } catch {
            fail(error, now: now)
        }
    }

    private func select(_ reader: JournalReader) throws(JournalError) {
        for unit in selection.units { try reader.add("_SYSTEMD_UNIT", unit) }
        for identifier in selection.identifiers { try reader.add("SYSLOG_IDENTIFIER", identifier) }
        if let worst = selection.priority {
            for number in 0...worst.number { try reader.add("PRIORITY", "\(number)") }
        }
        for match in selection.matches {
            for value in match.values { try reader.add(match.field, value) }
        }
        guard !selection.units.isEmpty else { return }
        // What journald says of a unit whose entries it drops.
        try reader.addAlternative()
        try reader.add("MESSAGE_ID", Self.suppressed)
        for unit in selection.units { try reader.add("OBJECT_SYSTEMD_UNIT", unit) }
    }

    /// SD_MESSAGE_JOURNAL_DROPPED of sd-messages.h: "Suppressed N messages from UNIT".
    private static let suppressed = "a596d6fe7bfa4994828e72309e95d61e"

    private func seek(_ reader: JournalReader, now: Moment) throws(JournalError) {
        if cursor != nil || seen.nanoseconds > 0 {
            // Opened anew after an error: on from where it was.
            let position = JournalPosition(
                selection: name, cursor: cursor, seen: seen.nanoseconds)
            try resume(reader, position)
        } else if let saved {
            try resume(reader, saved)
        } else if beginning == .start {
            try reader.seekToHead()
        } else {
            try reader.seekToTail()
            // At the tail itself nothing ever follows. Without an entry before it there is none at
            // all, and the first will be the head.
            if try reader.previous() {
                isCursorStale = true
            } else {
                try reader.seekToHead()
            }
            seen = now.wall
        }
    }

    private func resume(
        _ reader: JournalReader, _ position: JournalPosition
    ) throws(JournalError) {
        seen = WallTime(nanoseconds: position.seen)
        isResuming = false
        // What was received just before may have been written just after.
        let time = seen - Self.delay
        if let cursor = position.cursor, position.selection == name {
            do throws(JournalError) {
                try reader.seek(to: cursor)
                self.cursor = cursor
                isResuming = true
            } catch {
                // It is none that this library understands.
                try reader.seek(to: time)
            }
        } else {
            try reader.seek(to: time)
        }
        noteVacuum(reader)
    }

    /// If the oldest entry that is left was written after all that was seen, some may have been
    /// thrown away in between.
    private func noteVacuum(_ reader: JournalReader) {
        guard cursor != nil, let oldest = reader.oldest, oldest > seen else { return }
        lost += 1
    }

    private func fail(_ error: JournalError, now: Moment) {
        readCursor()
        reader = nil
        problem = JournalProblem.sentence(error, selection.directory)
        tryAfter = now.boot + Self.retry
    }

    // MARK: - Reading

    func poll(now: Moment, into builder: inout BatchBuilder) -> Bool {
        look(now: now)
        guard let reader else { return false }
        // A file that goes away takes its entries' cursors with it.
        readCursor()
        if reader.process() == .rotated, isBehind { noteVacuum(reader) }
        if lost > 0 {
            builder.lost(lost)
            lost = 0
        }
        do throws(JournalError) {
            for _ in 0..<Self.turnLimit {
                // Of each entry only where one may be held.
                if builder.joinsLines { readCursor() }
                guard try reader.next() else {
                    isBehind = false
                    seen = Swift.max(seen, now.wall)
                    return false
                }
                if isResuming {
                    isResuming = false
                    if let cursor, reader.isAt(cursor) { continue }
                }
                try take(reader, &builder)
                if builder.isFull { break }
            }
        } catch {
            fail(error, now: now)
            return false
        }
        isBehind = true
        return true
    }

    private enum Taken {
        case counted
        /// It may be the entry in which journald says what it dropped.
        case doubtful
    }

    private func take(
        _ reader: JournalReader, _ builder: inout BatchBuilder
    ) throws(JournalError) {
        let before = cursor
        isCursorStale = true
        let begun = builder.recordsBegun
        defer { if builder.recordsBegun != begun { cursorBeforeRecord = before } }
        let time = reader.time
        if let time { seen = Swift.max(seen, time) }
        do throws(JournalError) {
            let level = try reader.with("PRIORITY") { LogLevel(text: $0) }.flatMap { $0 }
            let told = selection.units.isEmpty ? nil : "Suppressed ".utf8
            let taken = try reader.with("MESSAGE") { line in
                if let told, line.starts(with: told) { return Taken.doubtful }
                Self.count(line, time, level, &builder)
                return .counted
            }
            switch taken {
            case nil: builder.lostUnfinishedLine()
            case .counted: break
            case .doubtful:
                if let count = try suppressed(reader) { return builder.lost(count) }
                _ = try reader.with("MESSAGE") { Self.count($0, time, level, &builder) }
            }
        } catch {
            // One entry is damaged, or packed in a way that this library cannot unpack; the others
            // need not be.
            guard [EBADMSG, EPROTONOSUPPORT, E2BIG, ENOBUFS].contains(error.code) else {
                throw error
            }
            builder.lostUnfinishedLine()
        }
    }

    private static func count(
        _ line: UnsafeRawBufferPointer, _ time: WallTime?, _ level: LogLevel?,
        _ builder: inout BatchBuilder
    ) {
        if line.count > LineParser.lineLimit {
            builder.skippedLongLine()
        } else {
            builder.consume(line, time: time?.nanoseconds, level: level)
        }
    }

    /// How many entries journald dropped, if this is the one in which it says so.
    private func suppressed(_ reader: JournalReader) throws(JournalError) -> Int? {
        let id = try reader.with("MESSAGE_ID") { Array($0) }
        guard let id, id.elementsEqual(Self.suppressed.utf8) else { return nil }
        let number = try reader.with("N_DROPPED") { Int(String(decoding: $0, as: UTF8.self)) }
        return Swift.max(1, number.flatMap { $0 } ?? 1)
    }
}
