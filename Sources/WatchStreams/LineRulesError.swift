// Why a stream's rules cannot be used. The configuration check finds all of these first, each with
// its place; this is for those that come another way.

public struct LineRulesError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String

    public init(message: String) { self.message = message }

    public var description: String { message }
}
