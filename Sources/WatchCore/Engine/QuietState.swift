// Silences and maintenance that people asked for, and how many pages each kept back. Durable, for
// the whole host.

public struct QuietState: Hashable, Sendable, Codable {
    /// A silence of somebody's.
    struct Silence: Hashable, Sendable, Codable {
        /// `silence-7`.
        var id: String
        var service: String?
        /// nil: all of the service.
        var trigger: String?
        var by: String
        var reason: String
        var since: Moment
        var until: Moment?
    }

    struct Maintenance: Hashable, Sendable, Codable {
        /// `maintenance-8`.
        var id: String
        /// nil: the whole host.
        var service: String?
        var by: String
        var reason: String
        var since: Moment
        var until: Moment?
    }

    var silences: [Silence] = []
    var maintenance: [Maintenance] = []
    /// Pages kept back since each began, by its name or id.
    var muted: [String: Int] = [:]
    /// The fault is this host's own, and people were or will be told.
    var ownFault: OwnFault?

    /// More are refused: somebody's script runs wild.
    static let limit = 200

    public init() {}

    var isEmpty: Bool { self == QuietState() }

    mutating func rebase(_ rebase: Rebase) {
        for index in silences.indices {
            // A silence that nobody can time has ended: rather one page too many.
            rebase.deadline(&silences[index].until)
            rebase(&silences[index].since)
        }
        for index in maintenance.indices {
            rebase.brake(&maintenance[index].until, since: maintenance[index].since)
            rebase(&maintenance[index].since)
        }
        if var fault = ownFault {
            rebase(&fault.since)
            ownFault = fault
        }
    }
}

/// This host's own network fails.
struct OwnFault: Hashable, Sendable, Codable {
    var since: Moment
    var text: String
    /// Number of its messages; nil: nobody was told yet.
    var number: Int?
    /// Where the page went: the message that it is over goes to the same places.
    var channels: [String] = []
}
