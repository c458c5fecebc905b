// What is wrong with an expression, where, and what to write instead.

/// Why a text is no expression. `offset` and `length` in UTF-8 bytes of the source.
public struct ExpressionError: Error, Hashable, Sendable {
    public var offset: Int
    public var length: Int
    public var message: String
    /// What to write instead, when that is clear.
    public var remedy: String?

    public init(offset: Int, length: Int = 1, message: String, remedy: String? = nil) {
        self.offset = offset
        self.length = length
        self.message = message
        self.remedy = remedy
    }
}
