// Releases and deployments: evidence in seconds, and an origin that names its kind:
// `{"by":"deploy","kind":"announced"}`.

extension Release: Codable {
    private enum CodingKeys: String, CodingKey {
        case identity, standing, baked, standingReason, lastRan, fields
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            identity: try container.decode(ReleaseIdentity.self, forKey: .identity),
            standing: try container.decode(Standing.self, forKey: .standing),
            baked: try container.decodeSeconds(forKey: .baked),
            standingReason: try container.decode(String.self, forKey: .standingReason),
            lastRan: try container.decode(Moment.self, forKey: .lastRan),
            fields: try container.decode([String: String].self, forKey: .fields))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(identity, forKey: .identity)
        try container.encode(standing, forKey: .standing)
        try container.encode(seconds: baked, forKey: .baked)
        try container.encode(standingReason, forKey: .standingReason)
        try container.encode(lastRan, forKey: .lastRan)
        try container.encode(fields, forKey: .fields)
    }
}

extension Deployment.Origin: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, by, source, id
    }

    private enum Kind: String, Codable {
        case found, announced, read, rollback
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Kind.self, forKey: .kind) {
        case .found: self = .found
        case .announced: self = .announced(by: try container.decode(String.self, forKey: .by))
        case .read: self = .read(source: try container.decode(String.self, forKey: .source))
        case .rollback: self = .rollback(id: try container.decode(String.self, forKey: .id))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .found: try container.encode(Kind.found, forKey: .kind)
        case .announced(let by):
            try container.encode(Kind.announced, forKey: .kind)
            try container.encode(by, forKey: .by)
        case .read(let source):
            try container.encode(Kind.read, forKey: .kind)
            try container.encode(source, forKey: .source)
        case .rollback(let id):
            try container.encode(Kind.rollback, forKey: .kind)
            try container.encode(id, forKey: .id)
        }
    }
}
