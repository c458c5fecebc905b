// An incident, with the three durations people ask for first. They follow from the times beside
// them, so they are written for readers and not read back.

extension IncidentRecord: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, service, state, severity, opened, closed, release, breaches, decision, reason
        case acknowledgedBy, isFalseAlarm, rollbacks, firstBad, decided, cured, unconfirmed
        case firstDecided, detectionTime, executionTime, downtime
        case blind, leftOut, muted, mutedBy
        case offer, answer, heldUntil, evidence, assessments, drill, undelivered
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(String.self, forKey: .id),
            service: try container.decode(String.self, forKey: .service),
            state: try container.decode(IncidentState.self, forKey: .state),
            severity: try container.decode(Severity.self, forKey: .severity),
            opened: try container.decode(WallTime.self, forKey: .opened),
            closed: try container.decodeIfPresent(WallTime.self, forKey: .closed),
            release: try container.decodeIfPresent(ReleaseIdentity.self, forKey: .release),
            breaches: try container.decode([Breach].self, forKey: .breaches),
            decision: try container.decodeIfPresent(String.self, forKey: .decision),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            acknowledgedBy: try container.decodeIfPresent(String.self, forKey: .acknowledgedBy),
            isFalseAlarm: try container.decode(Bool.self, forKey: .isFalseAlarm),
            rollbacks: try container.decode([RollbackRecord].self, forKey: .rollbacks),
            firstBad: try container.decodeIfPresent(WallTime.self, forKey: .firstBad),
            decided: try container.decodeIfPresent(WallTime.self, forKey: .decided),
            cured: try container.decodeIfPresent(WallTime.self, forKey: .cured),
            unconfirmed: try container.decode([String].self, forKey: .unconfirmed))
        blind = try container.decodeIfPresent([BlindSignal].self, forKey: .blind) ?? []
        leftOut = try container.decodeIfPresent(Int.self, forKey: .leftOut) ?? 0
        muted = try container.decodeIfPresent(Int.self, forKey: .muted) ?? 0
        mutedBy = try container.decodeIfPresent(String.self, forKey: .mutedBy)
        offer = try container.decodeIfPresent(ApprovalOffer.self, forKey: .offer)
        answer = try container.decodeIfPresent(ApprovalAnswer.self, forKey: .answer)
        heldUntil = try container.decodeIfPresent(WallTime.self, forKey: .heldUntil)
        evidence = try container.decodeIfPresent(Evidence.self, forKey: .evidence)
        assessments = try container.decodeIfPresent([Assessment].self, forKey: .assessments)
        drill = try container.decodeIfPresent(DrillRecord.self, forKey: .drill)
        firstDecided = try container.decodeIfPresent(WallTime.self, forKey: .firstDecided)
        undelivered = try container.decodeIfPresent(UndeliveredPage.self, forKey: .undelivered)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(service, forKey: .service)
        try container.encode(state, forKey: .state)
        try container.encode(severity, forKey: .severity)
        try container.encode(opened, forKey: .opened)
        try container.encodeIfPresent(closed, forKey: .closed)
        try container.encodeIfPresent(release, forKey: .release)
        try container.encode(breaches, forKey: .breaches)
        try container.encodeIfPresent(decision, forKey: .decision)
        try container.encodeIfPresent(reason, forKey: .reason)
        try container.encodeIfPresent(acknowledgedBy, forKey: .acknowledgedBy)
        try container.encode(isFalseAlarm, forKey: .isFalseAlarm)
        try container.encode(rollbacks, forKey: .rollbacks)
        try container.encodeIfPresent(firstBad, forKey: .firstBad)
        try container.encodeIfPresent(decided, forKey: .decided)
        try container.encodeIfPresent(firstDecided, forKey: .firstDecided)
        try container.encodeIfPresent(cured, forKey: .cured)
        try container.encode(unconfirmed, forKey: .unconfirmed)
        try container.encodeIfPresent(offer, forKey: .offer)
        try container.encodeIfPresent(answer, forKey: .answer)
        try container.encodeIfPresent(heldUntil, forKey: .heldUntil)
        try container.encodeIfPresent(evidence, forKey: .evidence)
        try container.encodeIfPresent(assessments, forKey: .assessments)
        try container.encodeIfPresent(drill, forKey: .drill)
        try container.encodeIfPresent(undelivered, forKey: .undelivered)
        try container.encodeIfPresent(seconds: detectionTime, forKey: .detectionTime)
        try container.encodeIfPresent(seconds: executionTime, forKey: .executionTime)
        try container.encodeIfPresent(seconds: downtime, forKey: .downtime)
        if !blind.isEmpty { try container.encode(blind, forKey: .blind) }
        if leftOut > 0 { try container.encode(leftOut, forKey: .leftOut) }
        if muted > 0 { try container.encode(muted, forKey: .muted) }
        try container.encodeIfPresent(mutedBy, forKey: .mutedBy)
    }
}

extension RollbackRecord.StepRecord: Codable {
    private enum CodingKeys: String, CodingKey {
        case task, title, command, began, took, target, result
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            task: try container.decode(String.self, forKey: .task),
            title: try container.decode(String.self, forKey: .title),
            command: try container.decode(String.self, forKey: .command),
            began: try container.decode(WallTime.self, forKey: .began),
            took: try container.decodeSecondsIfPresent(forKey: .took),
            result: try container.decodeIfPresent(TaskResult.self, forKey: .result))
        target = try container.decodeSecondsIfPresent(forKey: .target)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(task, forKey: .task)
        try container.encode(title, forKey: .title)
        try container.encode(command, forKey: .command)
        try container.encode(began, forKey: .began)
        try container.encodeIfPresent(seconds: took, forKey: .took)
        try container.encodeIfPresent(seconds: target, forKey: .target)
        try container.encodeIfPresent(result, forKey: .result)
    }
}
