// Which lines of a log belong together: a stack trace is one record, not fifty.

public struct MultilineRule: Hashable, Sendable, Codable {
    public enum Shape: Hashable, Sendable, Codable {
        /// PCRE2: a line in which it is found begins a record, the others go on with it.
        case start(String)
        /// Stack traces of the JVM.
        case java
        /// Tracebacks of Python.
        case python
    }

    public var shape: Shape
    /// Lines of one record; what follows is a record of its own.
    public var lines = 500
    /// A record to which nothing was added for so long is at its end.
    public var wait = Duration.milliseconds(500)

    public init(_ shape: Shape) { self.shape = shape }
}
