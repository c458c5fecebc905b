// What a follower tells about a file's lines, so that rotation can be tested without log formats.

public protocol LineConsumer {
    /// A whole line, without its newline; the bytes are valid during the call only.
    mutating func consume(_ line: UnsafeRawBufferPointer)
    /// A line was longer than the bound and is skipped.
    mutating func skippedLongLine()
    /// A line was begun and will never be finished: its file was truncated or taken away.
    mutating func lostUnfinishedLine()
    /// What follows is of another file, or of the same one written anew.
    mutating func beganFile()
    /// A rotated file was given up unread, or not read to its end: there were too many, it is gone,
    /// or it is damaged.
    mutating func gaveUpFile()
    /// It wants no more until what it has was taken from it: the turn ends.
    var isFull: Bool { get }
}

extension LineConsumer {
    public mutating func beganFile() {}
    public var isFull: Bool { false }
}
