// Why a log format cannot be used, where in it, and what to write instead.

public struct LogFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Byte in the format, from 0.
    public var position: Int
    public var message: String
    public var remedy: String

    public init(position: Int, message: String, remedy: String) {
        self.position = position
        self.message = message
        self.remedy = remedy
    }

    public var description: String { "log format, column \(position + 1): \(message); \(remedy)" }
}
