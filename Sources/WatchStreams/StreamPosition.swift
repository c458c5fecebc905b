// How far a stream was read, whatever it reads from, as it is kept in the checkpoint.

public enum StreamPosition: Hashable, Sendable {
    case file(FilePosition)
    case files(FilesPosition)
    case journal(JournalPosition)

    var file: FilePosition? { if case .file(let position) = self { position } else { nil } }

    var files: FilesPosition? { if case .files(let position) = self { position } else { nil } }

    var journal: JournalPosition? {
        if case .journal(let position) = self { position } else { nil }
    }
}

/// A file's position is written as it always was, so that checkpoints of before can be read.
extension StreamPosition: Codable {
    private enum CodingKeys: String, CodingKey {
        case journal, pattern
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let position = try container.decodeIfPresent(JournalPosition.self, forKey: .journal) {
            self = .journal(position)
        } else if container.contains(.pattern) {
            self = .files(try FilesPosition(from: decoder))
        } else {
            self = .file(try FilePosition(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .file(let position): try position.encode(to: encoder)
        case .files(let position): try position.encode(to: encoder)
        case .journal(let position):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(position, forKey: .journal)
        }
    }
}
