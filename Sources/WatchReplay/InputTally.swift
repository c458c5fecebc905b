// What was read of one input, and what could not be used: a replay that leaves out half of the
// record must say so.

public import WatchCore

public struct InputTally: Hashable, Sendable {
    public struct Line: Hashable, Sendable {
        /// From 1.
        public var number: Int
        /// Cut, and fit for a terminal.
        public var text: String
    }

    /// Lines, good or not.
    public var lines = 0
    /// Not of the format, or too long.
    public var unparsed = 0
    public var firstUnparsed: Line?
    /// At least a second behind what was read before.
    public var outOfOrder = 0
    /// So far behind that no window covered them any more: they count for nothing.
    public var late = 0
    /// Left out after an assumed rollback: they tell of another world.
    public var skipped = 0
    public var first: WallTime?
    public var last: WallTime?

    public init() {}
}
