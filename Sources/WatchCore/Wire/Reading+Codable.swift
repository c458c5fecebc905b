// `{"samples":2400,"value":0.31}`; when unknown `value` is there as null, and `gap` says why:
// `{"gap":{"kind":"too-few-samples","needed":20},"samples":12,"value":null}`.

extension Reading: Codable {
    private enum CodingKeys: String, CodingKey {
        case value, samples, gap
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let samples = try container.decode(Int.self, forKey: .samples)
        if let value = try container.decodeIfPresent(Double.self, forKey: .value) {
            self.init(value: value, samples: samples)
        } else {
            let gap = try container.decodeIfPresent(Gap.self, forKey: .gap)
            self.init(gap: gap ?? .noData, samples: samples)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(samples, forKey: .samples)
        // JSON has no infinity: one such number must not keep a whole record from being stored.
        if let value, value.isFinite {
            try container.encode(value, forKey: .value)
        } else {
            try container.encodeNil(forKey: .value)
            try container.encode(gap ?? (value == nil ? .noData : .undefined), forKey: .gap)
        }
    }
}

extension Reading.Gap: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, needed, why
    }

    private enum Kind: String, Codable {
        case tooFewSamples = "too-few-samples"
        case warmingUp = "warming-up"
        case blind
        case noData = "no-data"
        case undefined
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Kind.self, forKey: .kind) {
        case .tooFewSamples:
            self = .tooFewSamples(needed: try container.decode(Int.self, forKey: .needed))
        case .warmingUp: self = .warmingUp
        case .blind: self = .blind(try container.decode(String.self, forKey: .why))
        case .noData: self = .noData
        case .undefined: self = .undefined
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .tooFewSamples(let needed):
            try container.encode(Kind.tooFewSamples, forKey: .kind)
            try container.encode(needed, forKey: .needed)
        case .warmingUp: try container.encode(Kind.warmingUp, forKey: .kind)
        case .blind(let why):
            try container.encode(Kind.blind, forKey: .kind)
            try container.encode(why, forKey: .why)
        case .noData: try container.encode(Kind.noData, forKey: .kind)
        case .undefined: try container.encode(Kind.undefined, forKey: .kind)
        }
    }
}
