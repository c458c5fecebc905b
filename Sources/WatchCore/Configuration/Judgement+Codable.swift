// What follows from the confidence is not stored beside it, so that the two cannot differ.

extension Judgement {
    private enum CodingKeys: String, CodingKey {
        case warmUp, clearFor, minSamplesOfStream, minSamplesOfProbe, confidence
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            warmUp: try container.decode(Duration.self, forKey: .warmUp),
            clearFor: try container.decode(Duration.self, forKey: .clearFor),
            minSamplesOfStream: try container.decode(Int.self, forKey: .minSamplesOfStream),
            minSamplesOfProbe: try container.decode(Int.self, forKey: .minSamplesOfProbe))
        if let level = try container.decodeIfPresent(Double.self, forKey: .confidence) {
            setConfidence(level)
        }
    }

    /// As a method, because an initialiser's own assignments are not observed.
    private mutating func setConfidence(_ level: Double) { confidence = level }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(warmUp, forKey: .warmUp)
        try container.encode(clearFor, forKey: .clearFor)
        try container.encode(minSamplesOfStream, forKey: .minSamplesOfStream)
        try container.encode(minSamplesOfProbe, forKey: .minSamplesOfProbe)
        try container.encodeIfPresent(confidence, forKey: .confidence)
    }
}
