// An explanation of a daemon that says less is still one.

extension Explanation {
    enum CodingKeys: String, CodingKey {
        case service, trigger, lines, why, notices, decision, reason, text
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            service: try container.decode(String.self, forKey: .service),
            trigger: try container.decode(
                ServiceStatus.TriggerStatus.self, forKey: .trigger),
            lines: try container.decode([Line].self, forKey: .lines),
            why: try container.decodeIfPresent([String].self, forKey: .why) ?? [],
            notices: try container.decodeIfPresent([String].self, forKey: .notices) ?? [],
            decision: try container.decode(String.self, forKey: .decision),
            reason: try container.decode(String.self, forKey: .reason),
            text: try container.decode(String.self, forKey: .text))
    }
}
