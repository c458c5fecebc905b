// The gates of a service's plans, asked dry: what they said last, and the round that is under way.
// Not durable: after a restart they are asked anew.

struct GateRound: Hashable, Sendable {
    /// Between two rounds.
    static let every = Duration.minutes(10)
    /// After a start, or after another release began to run, the world settles first.
    static let settles = Duration.minutes(1)
    /// What does not answer so long after its time is given up.
    static let grace = Duration.seconds(30)

    /// What a plan's gates said.
    struct Answer: Hashable, Sendable {
        var plan: String
        /// A stable code with the gate's name; nil: go.
        var reason: String?
        var text: String
        var asked: Moment
        /// Releases it was asked about.
        var from: ReleaseIdentity
        var to: ReleaseIdentity
        /// What gates printed that say go, each in a line with its name.
        var said: [String] = []
    }

    /// The gate that is being asked.
    struct Pending: Hashable, Sendable {
        var task: String
        var plan: Plan
        var gate: Int
        var since: Moment
        var from: ReleaseIdentity
        var to: ReleaseIdentity
        /// Plans that are still to be asked.
        var left: [Plan]
        /// What the plan's gates have printed so far.
        var said: [String] = []
        /// What they have saved for those after them.
        var saved: [String: String] = [:]
        /// What was said so far to a person who asked; nil: it is the round of every ten minutes.
        var look: [Verdict]?
    }

    /// What one gate said.
    struct Verdict: Hashable, Sendable {
        var gate: String
        /// A stable code; nil: go.
        var code: String?
        var text: String
    }

    /// What all gates of a plan said to a person who asked what would be done.
    struct Look: Hashable, Sendable {
        /// It is told once, to whoever asked and asks again until all have answered. If nobody
        /// does within this time, it is of yesterday for whoever asks next.
        static let fresh = Duration.seconds(10)
        static let atMost = 8

        var plan: Plan
        var from: ReleaseIdentity
        var to: ReleaseIdentity
        var asked: Moment
        var verdicts: [Verdict]
        /// What they saved, for what comes after them.
        var saved: [String: String]
    }

    var answers: [Answer] = []
    var pending: Pending?
    /// The newest last.
    var looks: [Look] = []
    /// The next round begins then; nil: a moment after the start.
    var due: Instant?
    /// What the last round was about.
    var askedAbout: [ReleaseIdentity] = []
    /// By plan, the code of the round before: a change that lasts is told.
    var codes: [String: String] = [:]

    func answer(_ plan: String, from: ReleaseIdentity, to: ReleaseIdentity) -> Answer? {
        answers.first { $0.plan == plan && $0.from.matches(from) && $0.to.matches(to) }
    }
}

/// What people were told of whether a plan would work. Durable, so that a restart tells nothing
/// twice and what was told is taken back in the same places.
struct ReadinessTold: Hashable, Sendable, Codable {
    var plan: String
    /// A stable code; `ready`.
    var code: String
    var channels: [String] = []
    /// Part of its messages' ids.
    var number = 0
}
