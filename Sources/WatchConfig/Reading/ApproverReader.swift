// Who must approve: a role, or two, and at which hours others.

import WatchCore

enum CommentNeed: String, CaseIterable {
    case optional, required
}

extension Section {
    /// One role, or two; those that were read, with their places.
    func approvers() -> [Placed<String>] {
        guard let value = value("approve") else { return [] }
        guard let items = value.items else {
            return title("approve").map { [Placed($0, place("approve"))] } ?? []
        }
        guard (1...2).contains(items.count) else {
            problems.error(
                value.place,
                items.isEmpty ? "nobody could approve it" : "\(items.count) roles are too many",
                "write one role, or two: approve: [dba, cto]")
            return []
        }
        let roles = items.compactMap { item in
            Scalars.text(item, "approve", limit: 100, problems).map { Placed($0, item.place) }
        }
        return roles
    }

    var needsComment: Bool { choice("comment", as: CommentNeed.self) == .required }

    /// One, or a list of them.
    func afterHours(roles: inout [Placed<String>], routes: inout [Placed<String>]) -> [AfterHours] {
        guard let value = value("after_hours") else { return [] }
        var read: [AfterHours] = []
        for item in value.items ?? [value] {
            guard let section = Section(item, .afterHours, problems) else { continue }
            let time = TimeWindowReader(section).read()
            let approvers = section.approvers()
            roles += approvers
            let tell = section.text("tell")
            if let tell { routes.append(Placed(tell, section.place("tell"))) }
            if approvers.isEmpty, tell == nil, !section.hadRefused {
                problems.error(
                    section.place, "nothing is different at these hours",
                    "add approve: ROLE, or tell: ROUTE")
            }
            guard let time else { continue }
            read.append(
                AfterHours(
                    time: time, approve: approvers.first?.value,
                    secondApprover: approvers.dropFirst().first?.value, tell: tell))
        }
        return read
    }
}
