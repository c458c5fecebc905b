// Who has to say yes: one role, or two people each with one of two roles; and who instead when it
// is night.

/// Policy for some hours of the week, instead of what is said for the others.
public struct AfterHours: Hashable, Sendable, Codable {
    public var time: TimeWindow
    /// Who may approve then; nil: the same as ever.
    public var approve: String?
    public var secondApprover: String?
    /// A route whose first step hears of it then besides.
    public var tell: String?

    public init(
        time: TimeWindow, approve: String? = nil, secondApprover: String? = nil,
        tell: String? = nil
    ) {
        self.time = time
        self.approve = approve
        self.secondApprover = secondApprover
        self.tell = tell
    }
}

/// Somebody who has approved, where one person is not enough. Durable.
struct GivenApproval: Hashable, Sendable, Codable {
    var uid: UInt32
    var name: String
    /// Roles that were needed and that it has.
    var roles: [String]
    /// The method it was for; nil: what runs unattended.
    var method: String?
    var at: WallTime
    var comment: String
}

extension [GivenApproval] {
    /// Whether each of `roles` is held by another of these people.
    func fills(_ roles: [String]) -> Bool {
        guard let first = roles.first else { return true }
        return indices.contains { index in
            guard self[index].roles.contains(first) else { return false }
            var others = self
            others.remove(at: index)
            return others.fills([String](roles.dropFirst()))
        }
    }

    /// Whether all of these people are of use for `roles`, each for another one.
    func fit(_ roles: [String]) -> Bool {
        guard let first = first else { return true }
        return roles.indices.contains { index in
            guard first.roles.contains(roles[index]) else { return false }
            var others = roles
            others.remove(at: index)
            return [GivenApproval](dropFirst()).fit(others)
        }
    }
}
