// Positions as they stand in a checkpoint.

import Foundation
import Testing
import WatchStreams

@Suite struct StreamPositionTests {
    private let file = FilePosition(
        path: "/a", device: 1, inode: 2, headHash: 3, headLength: 4, offset: 5)

    @Test func eachComesBackAsItWas() throws {
        for position in [
            StreamPosition.file(file),
            .files(FilesPosition(pattern: "/*.log", files: [file], seen: 6)),
            .files(FilesPosition(pattern: "/*.log", files: [file], seen: 6, others: [file])),
            .journal(JournalPosition(selection: "shop.service", cursor: "s=1;i=2", seen: 3)),
            .journal(JournalPosition(selection: "", cursor: nil, seen: 3)),
        ] {
            let bytes = try JSONEncoder().encode(["shop/a": position])
            #expect(
                try JSONDecoder().decode([String: StreamPosition].self, from: bytes) == [
                    "shop/a": position
                ])
        }
    }

    /// Checkpoints of versions that knew only files are read, and read by those versions.
    @Test func aFileIsWrittenAsItAlwaysWas() throws {
        let old = try JSONEncoder().encode(file)
        #expect(try JSONDecoder().decode(StreamPosition.self, from: old) == .file(file))
        let new = try JSONEncoder().encode(StreamPosition.file(file))
        #expect(try JSONDecoder().decode(FilePosition.self, from: new) == file)
    }

    @Test func aPatternIsReadAsItWasWritten() throws {
        let old = #"{"pattern": "/*.log", "files": [], "seen": 6}"#
        #expect(
            try JSONDecoder().decode(StreamPosition.self, from: Data(old.utf8))
                == .files(FilesPosition(pattern: "/*.log", files: [], seen: 6)))
    }
}
