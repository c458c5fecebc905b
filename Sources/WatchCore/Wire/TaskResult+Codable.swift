// How a step ended, on one level: `{"code":1,"ending":"exited","output":"…","took":0.8}`, or
// `{"ending":"could-not-start","message":"…","output":"","took":0}`.

extension TaskResult: Codable {
    private enum CodingKeys: String, CodingKey {
        case output, took, saved, captured
        case isNo = "is_no"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            ending: try Ending(from: decoder),
            output: try container.decode(String.self, forKey: .output),
            took: try container.decodeSeconds(forKey: .took))
        saved = try container.decodeIfPresent([String: String].self, forKey: .saved)
        captured = try container.decodeIfPresent([String: String].self, forKey: .captured)
        isNo = try container.decodeIfPresent(Bool.self, forKey: .isNo)
    }

    public func encode(to encoder: any Encoder) throws {
        try ending.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(output, forKey: .output)
        try container.encode(seconds: took, forKey: .took)
        try container.encodeIfPresent(saved, forKey: .saved)
        try container.encodeIfPresent(captured, forKey: .captured)
        try container.encodeIfPresent(isNo, forKey: .isNo)
    }
}

extension TaskResult.Ending: Codable {
    private enum CodingKeys: String, CodingKey {
        case ending, code, signal, message
    }

    private enum Kind: String, Codable {
        case exited, signalled, cancelled, unexpected, unknown
        case timedOut = "timed-out"
        case couldNotStart = "could-not-start"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Kind.self, forKey: .ending) {
        case .exited: self = .exited(try container.decode(Int.self, forKey: .code))
        case .signalled: self = .signalled(try container.decode(Int.self, forKey: .signal))
        case .timedOut: self = .timedOut
        case .cancelled: self = .cancelled
        case .unexpected: self = .unexpected(try container.decode(String.self, forKey: .message))
        case .couldNotStart:
            self = .couldNotStart(try container.decode(String.self, forKey: .message))
        case .unknown: self = .unknown(try container.decode(String.self, forKey: .message))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .exited(let code):
            try container.encode(Kind.exited, forKey: .ending)
            try container.encode(code, forKey: .code)
        case .signalled(let signal):
            try container.encode(Kind.signalled, forKey: .ending)
            try container.encode(signal, forKey: .signal)
        case .timedOut: try container.encode(Kind.timedOut, forKey: .ending)
        case .cancelled: try container.encode(Kind.cancelled, forKey: .ending)
        case .unexpected(let message):
            try container.encode(Kind.unexpected, forKey: .ending)
            try container.encode(message, forKey: .message)
        case .couldNotStart(let message):
            try container.encode(Kind.couldNotStart, forKey: .ending)
            try container.encode(message, forKey: .message)
        case .unknown(let message):
            try container.encode(Kind.unknown, forKey: .ending)
            try container.encode(message, forKey: .message)
        }
    }
}
