// What the lines of one second add up to, while it is gathered: by number, since names would be
// looked up for each line.

public import WatchCore

/// Made and filled by one `LineParser`, and turned into a slice by the same.
public struct LineSums: Sendable {
    public private(set) var count = 0
    public private(set) var errors = 0
    public private(set) var latency = LatencySketch()
    var patterns: [Int] = []
    var routes: [RouteTallies.Counts] = []
    var routeGeneration: Int32 = 0
    var otherRoutes = RouteTallies.Counts()
    var audiences: [Audience] = []

    public init() {}

    public var isEmpty: Bool { count == 0 && patterns.isEmpty }

    /// A line that has nothing else.
    @inline(__always)
    mutating func add(isError: Bool, latency seconds: Double?) {
        count += 1
        if isError { errors += 1 }
        if let seconds { latency.record(seconds: seconds) }
    }

    mutating func add(_ line: borrowing ParsedLine) {
        if line.outcome == .counted {
            count += 1
            if line.isError { errors += 1 }
            if let seconds = line.latency { latency.record(seconds: seconds) }
            if line.route != ParsedLine.noRoute { addRoute(line) }
            if line.audienceBits != 0 { addAudiences(line) }
        }
        if line.patterns != 0, line.outcome != .ignored { addPatterns(line.patterns) }
    }

    private mutating func addPatterns(_ bits: UInt32) {
        var rest = bits
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            while patterns.count <= index { patterns.append(0) }
            patterns[index] += 1
            rest &= rest &- 1
        }
    }

    private mutating func addRoute(_ line: ParsedLine) {
        let error = line.isError ? 1 : 0
        if routes.isEmpty { routeGeneration = line.routeGeneration }
        guard line.route >= 0, line.routeGeneration == routeGeneration else {
            otherRoutes.count += 1
            otherRoutes.errors += error
            return
        }
        let index = Int(line.route)
        while routes.count <= index { routes.append(RouteTallies.Counts()) }
        routes[index].count += 1
        routes[index].errors += error
    }

    private mutating func addAudiences(_ line: ParsedLine) {
        var rest = line.audienceBits
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            while audiences.count <= index { audiences.append(Audience()) }
            audiences[index].record(hash: line.audiences[index], isError: line.isError)
            rest &= rest &- 1
        }
    }
}
