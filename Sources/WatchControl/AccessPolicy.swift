// Who may do what (DESIGN §6): a pure function of the peer and of the groups of this host, which
// also says what would help. Which approval takes which role only the engine knows; it is told the
// roles the peer has.

import WatchCore

struct AccessPolicy: Hashable, Sendable {
    enum Need: Hashable, Sendable {
        case read, operate
        /// Of those who have some role or may operate; which role it takes is the engine's to say.
        case approve
    }

    /// A group by name, and its number where the host knows it.
    struct Group: Hashable, Sendable {
        var name: String
        var id: UInt32?
    }

    var readers: Group
    var operators: [Group]
    /// Role to the groups whose members have it.
    var roles: [String: [Group]] = [:]
    /// The daemon's own user reads: its steps may look at what goes on, and not act.
    var ownUser: UInt32

    /// Nil: allowed. Else the sentence that goes with 403.
    func refusal(of person: Person, need: Need) -> String? {
        if operates(person) { return nil }
        let user = printable(person.name, limit: 64)
        switch need {
        case .read:
            guard person.uid != ownUser, !isMember(person, of: [readers]) else { return nil }
            return "\(user) (uid \(person.uid)) may not read this: members of group "
                + "\(readers.name) may. \(remedy(user, readers))"
        case .approve:
            if !self.roles(of: person).isEmpty { return nil }
            let groups = roles.values.joined().map(\.name) + operators.map(\.name)
            let who =
                groups.isEmpty
                ? "only root may, because access.approve in the configuration names no group"
                : "members of group \(Set(groups).sorted().joined(separator: " or ")) may "
                    + "(access.approve)"
            return "\(user) (uid \(person.uid)) may not do this: \(who)"
        case .operate:
            guard let first = operators.first else {
                return "\(user) (uid \(person.uid)) may not do this: only root may act, because "
                    + "access.operate in the configuration names no group"
            }
            let names = operators.map(\.name).joined(separator: " or ")
            return "\(user) (uid \(person.uid)) may not do this: members of group \(names) may "
                + "(access.operate). \(remedy(user, first))"
        }
    }

    /// May act in general.
    func operates(_ person: Person) -> Bool { person.uid == 0 || isMember(person, of: operators) }

    /// The roles a person has by its groups.
    func roles(of person: Person) -> Set<String> {
        Set(roles.filter { isMember(person, of: $0.value) }.keys)
    }

    private func isMember(_ person: Person, of groups: [Group]) -> Bool {
        groups.contains { $0.id.map(person.groups.contains) ?? false }
    }

    private func remedy(_ user: String, _ group: Group) -> String {
        let add = "usermod -aG \(group.name) \(user)"
        return group.id == nil
            ? "That group does not exist yet: groupadd \(group.name) && \(add)"
            : "To allow it: \(add)"
    }
}
