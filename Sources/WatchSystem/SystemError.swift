// A failed system call, as a sentence.

public import Glibc

public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried: `open /srv/shop/current`.
    public var operation: String
    /// The error number of errno(3).
    public var code: Int32

    public init(_ operation: String, code: Int32 = errno) {
        self.operation = operation
        self.code = code
    }

    /// The disk is full, or all that its user may take of it is taken.
    public var isNoRoom: Bool { code == ENOSPC || code == EDQUOT }

    public var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
