// Joins the lines of one record. A line is told to go on with the record before it by its own
// looks, and in Python's tracebacks by what came before it.

import Glibc
import WatchCore
import WatchPatterns

/// Confined to one thread. The record it holds is not finished until a line begins another one, it
/// has as many lines or bytes as it may have, or nothing was added for a while.
public final class LineJoiner {
    private enum Shape {
        case start(LinePatternMatcher), java(LinePatternMatcher)
        case python
    }

    /// Where in a traceback of Python we are.
    private enum Traceback {
        case outside
        /// Between its head and the line with the exception, which is not indented.
        case inside
        /// After that line: another one may follow, after a sentence in between.
        case after
    }

    /// Bytes of one record.
    static let byteLimit = LineParser.lineLimit

    private let shape: Shape
    private let lineLimit: Int
    let wait: Duration
    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: LineJoiner.byteLimit, alignment: 16)
    private var count = 0
    private var traceback = Traceback.outside
    /// Lines of the record that is held; 0: none is.
    private(set) var lines = 0
    /// Bytes of its first line.
    public private(set) var head = 0
    /// What its lines and their newlines took where they came from.
    private(set) var size = 0

    init(_ rule: LineRules.Joining) throws(LineRulesError) {
        switch rule.shape {
        case .start(let pattern): shape = .start(try LineFilters.matcher(pattern))
        case .java(let pattern): shape = .java(try LineFilters.matcher(pattern))
        case .python: shape = .python
        }
        lineLimit = rule.lines
        wait = rule.wait
    }

    deinit { memory.deallocate() }

    public var isEmpty: Bool { lines == 0 }

    /// What is held, its lines separated by newlines; valid until something is added or cleared.
    public var record: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[..<count])
    }

    /// Whether `line` goes on with the record that is held and has room in it. If not, that one is
    /// finished, and `line` begins another.
    public func joins(_ line: UnsafeRawBufferPointer) -> Bool {
        // A pattern that needs too long for a line is not found in it.
        let continues = (try? continues(line)) ?? false
        return lines > 0 && continues && lines < lineLimit
            && count + 1 + line.count <= Self.byteLimit
    }

    /// Adds a line; the first after `clear` begins the record.
    public func add(_ line: UnsafeRawBufferPointer) {
        if lines == 0 {
            head = Swift.min(line.count, Self.byteLimit)
        } else if count < Self.byteLimit {
            memory[count] = 10
            count += 1
        }
        let taken = Swift.min(line.count, Self.byteLimit - count)
        if taken > 0 {
            UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: line[..<taken]))
        }
        count += taken
        lines += 1
        size += line.count + 1
    }

    public func clear() {
        count = 0
        lines = 0
        head = 0
        size = 0
    }

    // MARK: - Shapes

    private func continues(_ line: UnsafeRawBufferPointer) throws(PatternLimitError) -> Bool {
        switch shape {
        case .start(let pattern): return try !pattern.matches(line)
        case .java(let pattern): return try pattern.matches(line)
        case .python: return continuesTraceback(line)
        }
    }

    /// Lines of Throwable.printStackTrace (java.lang.Throwable), and the exception itself, which
    /// loggers write below their own line.
    static let java =
        #"^(?:[ \t]|(?:Caused by|Suppressed|Wrapped by): "#
        + #"|(?:[A-Za-z_$][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error|Throwable|Failure)(?::|\s*$))"#

    /// As the module traceback of Python prints it.
    private func continuesTraceback(_ line: UnsafeRawBufferPointer) -> Bool {
        let isIndented = line.count > 0 && (line[0] == 32 || line[0] == 9)
        if line.starts(with: Self.pythonHead) {
            traceback = .inside
            return true
        }
        switch traceback {
        case .outside: return isIndented
        case .inside:
            if !isIndented { traceback = line.isEmpty ? .inside : .after }
            return true
        case .after:
            if isIndented || line.isEmpty || line.starts(with: Self.pythonDuring)
                || line.starts(with: Self.pythonCause)
            {
                return true
            }
            traceback = .outside
            return false
        }
    }

    private static let pythonHead = Array("Traceback (most recent call last):".utf8)
    private static let pythonDuring = Array("During handling of the above exception".utf8)
    private static let pythonCause = Array("The above exception was the direct cause".utf8)
}
