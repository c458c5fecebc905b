// Several releases that answer in turn: a roll-out half-way, a load balancer with a forgotten
// member, a canary. To and fro must not become a deployment each time.
//
// A release that comes back within `mixedSpan` reads makes the version *mixed*: one deployment, of
// the member first seen last, begun at its first read, until `mixedSpan` equal reads end it.

extension VersionTracker {
    struct MixedState: Hashable, Sendable, Codable {
        /// The member first seen last.
        var newest: ReleaseIdentity
        /// Reads in a row that named `last`, and when the first of them was asked for.
        var equalReads: Int
        var last: ReleaseIdentity
        var equalSince: Instant?
        /// All that answered so far, at most `membersKept`.
        var members: [ReleaseIdentity]?

        static let membersKept = 16
    }

    /// Who answers in turn: what of a mix outlives a restart. Equal reads are counted anew then.
    struct Mix: Hashable, Sendable, Codable {
        var newest: ReleaseIdentity
        var members: [ReleaseIdentity]
    }

    /// nil: one release answers.
    var mix: Mix? {
        mixed.map { Mix(newest: $0.newest, members: $0.members ?? [$0.newest, $0.last]) }
    }

    /// Goes on with what was written down, which is later than any checkpoint. Where no source is
    /// left nothing would ever end it.
    mutating func resume(_ kept: Mix?) {
        let kept = sources.isEmpty ? nil : kept
        guard kept != mix else { return }
        mixed = kept.map {
            MixedState(newest: $0.newest, equalReads: 0, last: $0.newest, members: $0.members)
        }
    }

    /// A … B … A within the span: `A` came back.
    mutating func becomeMixed() -> [Change]? {
        guard let last = history.last else { return nil }
        if let expected, expected.matches(last.identity) { return nil }
        let earlier = history.dropLast()
        guard let other = earlier.last, !other.identity.matches(last.identity),
            earlier.contains(where: { $0.identity.matches(last.identity) })
        else { return nil }
        // While something is announced, its predecessors among themselves are nothing new.
        if let announced,
            ![last, other].contains(where: { $0.identity.matches(announced.identity) })
        {
            return nil
        }
        let newest = [last, other].map { firstRead(of: $0.identity) }.max { $0.asked < $1.asked }
        guard let newest else { return nil }
        mixed = MixedState(
            newest: newest.identity, equalReads: 1, last: last.identity, equalSince: last.asked,
            members: [newest.identity, last.identity, other.identity])
        guard !(current?.matches(newest.identity) ?? false) else {
            take(current ?? newest.identity)
            return [.becameMixed]
        }
        take(newest.identity)
        return [deployed(newest, source: "mixed reads"), .becameMixed]
    }

    /// watchd's own rollback has ended and `identity` runs. Nobody but watchd took the other one
    /// away: deployed again it is a deployment like any other, and no member of a mix.
    mutating func forgetBefore(_ identity: ReleaseIdentity) {
        guard mixed == nil, let current, current.matches(identity) else { return }
        history.removeAll { !$0.identity.matches(identity) }
    }

    mutating func continueMixed(_ effective: ReleaseIdentity, _ asked: Instant) -> [Change] {
        guard var state = mixed else { return [] }
        if state.equalReads > 0, state.last.matches(effective) {
            state.equalReads += 1
        } else {
            state.equalReads = 1
            state.last = effective
            state.equalSince = asked
        }
        let began = Read(identity: effective, asked: state.equalSince ?? asked)
        var changes: [Change] = []
        let members = state.members ?? [state.newest, state.last]
        // To and fro between the members is nothing new; another release is.
        if state.equalReads >= agree, !members.contains(where: { $0.matches(effective) }) {
            state.members = (members + [effective]).suffix(MixedState.membersKept)
            state.newest = effective
            if !(current?.matches(effective) ?? false) {
                take(effective)
                changes.append(deployed(began, source: "mixed reads"))
            }
        }
        mixed = state
        guard state.equalReads >= Self.mixedSpan else { return changes }
        let change = deployed(began, source: "equal reads")
        mixed = nil
        history = history.suffix(1)
        predecessor = nil
        changes.append(.mixedEnded)
        guard let current, !current.matches(effective) else { return changes }
        take(effective)
        return changes + [change]
    }

    private func deployed(_ read: Read, source: String) -> Change {
        let before = history.last { $0.asked < read.asked }?.asked ?? read.asked
        return .deployed(
            read.identity, began: read.asked, lastSeenBefore: before, source: source)
    }

    /// The first read of a member as far as it is known.
    private func firstRead(of identity: ReleaseIdentity) -> Read {
        let first = history.first { $0.identity.matches(identity) }
        var read = first ?? Read(identity: identity, asked: Instant(nanoseconds: .min))
        if let predecessor, predecessor.matches(identity) {
            read.asked = Instant(nanoseconds: .min)
        }
        return read
    }
}
