// What `assess:` of a service was asked and has not answered yet. Not durable: after a restart it
// is asked anew, or left out.

struct AssessRound: Hashable, Sendable {
    /// What does not answer so long after the longest of their times is given up.
    static let grace = Duration.seconds(1)

    var incident: String
    var occasion: Assessment.Occasion
    /// When it is over, whoever has not answered.
    var deadline: Instant
    /// Names of the questions that are out, by their tasks.
    var out: [String: String]
}
