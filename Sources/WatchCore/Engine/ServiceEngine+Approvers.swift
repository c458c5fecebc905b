// Who may approve what, by the roles that people came with, the method, the policy and the hour.

extension ServiceEngine {
    struct Role: Hashable {
        /// nil: whoever may operate.
        var name: String?
        var groups: [String]
        /// Somebody may besides root.
        var isGiven: Bool
    }

    /// Who must approve a method: one role, or two people each with one of two. The method's own
    /// roles are meant as they are written; a policy's role that nobody has is whoever may operate,
    /// who may roll back by hand as well.
    func roles(of method: Method, _ severity: Severity, _ context: Context) -> [Role] {
        let access = context.configuration.access
        let own = [method.approve, method.secondApprover].compactMap { $0 }
        if !own.isEmpty {
            return own.map { name in
                let groups = access.approve[name]
                return Role(name: name, groups: groups ?? [], isGiven: groups != nil)
            }
        }
        let policy = context.configuration.policy(severity)
        let night = afterHours(policy, context)
        let asked =
            night.flatMap { $0.approve == nil ? nil : [$0.approve, $0.secondApprover] }
            ?? [policy.approve, policy.secondApprover]
        let roles = asked.compactMap { $0 }.compactMap { name in
            access.approve[name].map { Role(name: name, groups: $0, isGiven: true) }
        }
        return roles.isEmpty
            ? [Role(name: nil, groups: access.operate, isGiven: true)] : roles
    }

    /// What a policy says for this hour; nil: nothing of its own.
    func afterHours(_ policy: Policy, _ context: Context) -> AfterHours? {
        policy.afterHours.first { $0.time.span(at: context.now.wall) != nil }
    }

    /// Who hears of it at this hour besides the route.
    func toldAfterHours(_ policy: Policy, _ context: Context) -> [String] {
        afterHours(policy, context)?.tell.flatMap { context.configuration.route($0) }?
            .steps.first ?? []
    }

    /// All the roles that these methods need, each once.
    func neededRoles(_ methods: [Method], _ context: Context) -> [Role] {
        let severity = state.incident?.record.severity ?? .critical
        var seen: Set<Role> = []
        return methods.flatMap { roles(of: $0, severity, context) }
            .filter { seen.insert($0).inserted }
    }

    func may(_ peer: Peer, _ role: Role) -> Bool {
        if peer.uid == 0 { return true }
        return role.name.map { role.isGiven && peer.roles.contains($0) } ?? peer.operates
    }

    /// Approving needs the role of each method.
    func checkRole(
        _ peer: Peer, _ methods: [Method], _ verb: String, _ context: Context
    ) throws(CommandRefusal) {
        let severity = state.incident?.record.severity ?? .critical
        for method in methods {
            let needed = roles(of: method, severity, context)
            // Two people say it, so each needs one of the two.
            if needed.contains(where: { may(peer, $0) }) { continue }
            let asked = needed.map { role in
                let who =
                    role.groups.isEmpty
                    ? "only root" : "members of \(role.groups.joined(separator: " or "))"
                return (role.name.map { "the role \($0)" } ?? "the right to operate")
                    + ", which \(who) have"
            }
            throw CommandRefusal(
                "role-needed",
                "\(peer.name) may not \(verb) this: method \(method.name) needs "
                    + asked.joined(separator: ", or "))
        }
    }

    /// Holding back is safe, so whoever may operate or approve any of it may do it.
    func checkSay(
        _ peer: Peer, _ methods: [Method], _ verb: String, _ context: Context
    ) throws(CommandRefusal) {
        if peer.operates || peer.uid == 0 { return }
        let severity = state.incident?.record.severity ?? .critical
        let asked = methods.flatMap { roles(of: $0, severity, context) }
        if asked.contains(where: { may(peer, $0) }) { return }
        throw CommandRefusal(
            "role-needed",
            "\(peer.name) may not \(verb) this: it needs the right to operate, or to approve what "
                + "is offered")
    }

    func checkComment(
        _ comment: String, _ methods: [Method], _ context: Context
    ) throws(CommandRefusal) {
        let severity = state.incident?.record.severity ?? .critical
        let isAsked =
            context.configuration.policy(severity).needsComment
            || methods.contains { $0.needsComment ?? false }
        guard isAsked, !comment.contains(where: { !$0.isWhitespace }) else { return }
        throw CommandRefusal("comment-needed", "say why: --comment 'checked the backup of 02:00'")
    }

    // MARK: - Two people

    /// Notes this person's word. nil: with it all that is needed has been said; else what is
    /// missing.
    mutating func give(
        _ methods: [Method], named method: String?, _ comment: String, by peer: Peer,
        _ context: inout Context
    ) throws(CommandRefusal) -> CommandReply? {
        let needed = neededRoles(methods, context)
        guard needed.count > 1 else { return nil }
        let names = needed.map { $0.name ?? "" }
        let said = (state.incident?.approval?.given ?? []).filter { $0.method == method }
        // By another hour or severity other roles are needed: words that are of no use do not bar
        // the way.
        let before = said.filter { [$0].fit(names) }
        let shown = before.map(\.name).joined(separator: " and ")
        guard !before.contains(where: { $0.uid == peer.uid }) else {
            throw CommandRefusal(
                "same-person",
                "\(peer.name) has approved already; it takes another person with the role "
                    + missing(names, before))
        }
        let own = needed.filter { may(peer, $0) }.map { $0.name ?? "" }
        let all =
            before + [
                GivenApproval(
                    uid: peer.uid, name: peer.name, roles: own, method: method,
                    at: context.now.wall, comment: comment)
            ]
        guard all.fit(names) else {
            throw CommandRefusal(
                "role-needed",
                "\(shown) has said that already; it takes another person with the role "
                    + missing(names, before))
        }
        let others = (state.incident?.approval?.given ?? []).filter { $0.method != method }
        state.incident?.approval?.given = others + all
        if all.fills(names) { return nil }
        return noteGiven(all, missing(names, all), comment, by: peer, own, &context)
    }

    private mutating func noteGiven(
        _ all: [GivenApproval], _ missing: String, _ comment: String, by peer: Peer,
        _ roles: [String], _ context: inout Context
    ) -> CommandReply {
        let id = state.incident?.record.id ?? ""
        state.incident?.record.offer?.given = all.map(\.name)
        context.isDirty = true
        let said = Self.said("\(peer.onRecord(by: roles)) approved", comment)
        context.events.append(
            transition(
                "approval.given", context, reason: peer.name,
                text: "\(said); it takes another person with the role \(missing)"))
        send(
            .update, title: "\(name): approved by \(peer.name), one more needed",
            text: "\(said). Nothing is done until another person with the role \(missing) "
                + "approves: `watchctl approve \(id)`.",
            reason: Reason.awaitingApproval.code, &context)
        return CommandReply(
            status: .done,
            message: "\(id): noted; it takes another person with the role \(missing)",
            incident: id)
    }

    /// Roles that could make it complete.
    private func missing(_ names: [String], _ given: [GivenApproval]) -> String {
        let left = names.indices.filter { index in
            var others = names
            others.remove(at: index)
            return given.fit(others)
        }
        return left.map { names[$0] }.joined(separator: " or ")
    }

    /// Who approves, for the record: each with the uid and with what makes the word count.
    func onRecord(
        _ peer: Peer, _ methods: [Method], named method: String?, _ context: Context
    ) -> String {
        let given = (state.incident?.approval?.given ?? []).filter { $0.method == method }
        guard given.count > 1 else {
            let own = neededRoles(methods, context).filter { may(peer, $0) }
            return peer.onRecord(by: own.map { $0.name ?? "" })
        }
        return given.map { Peer(uid: $0.uid, name: $0.name).onRecord(by: $0.roles) }
            .joined(separator: " and ")
    }

    /// Both of two people, as one.
    func approvers(_ peer: Peer, named method: String?) -> Peer {
        let given = (state.incident?.approval?.given ?? []).filter { $0.method == method }
        guard given.count > 1 else { return peer }
        var both = peer
        both.name = given.map(\.name).joined(separator: " and ")
        return both
    }
}

extension Peer {
    /// `bob (uid 1002, role cto)`; root needs no role.
    /// - Parameter roles: by name; an empty name is the right to operate.
    fileprivate func onRecord(by roles: [String]) -> String {
        let rights = roles.map { $0.isEmpty ? "may operate" : "role \($0)" }
        guard uid != 0, !rights.isEmpty else { return onRecord }
        let by = rights.joined(separator: ", ")
        return onRecord.hasSuffix(")") ? "\(onRecord.dropLast()), \(by))" : "\(onRecord) (\(by))"
    }
}
