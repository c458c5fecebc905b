// A checkpoint comes back as it was written; of a damaged one as much as can be read.

import FoundationEssentials
import Testing
import WatchCore
import WatchStreams

@testable import WatchDaemon

struct CheckpointKeeperTests {
    private let now = Moment(boot: .seconds(1000), wall: .seconds(1_800_000_000))

    private func checkpoint() -> Checkpoint {
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/"))
        let services = ["blog", "shop"].map {
            ServiceConfiguration(
                name: $0,
                probes: [
                    ProbeConfiguration(
                        name: "health", every: .seconds(10),
                        kind: .http(request, HTTPExpectation()))
                ])
        }
        var engine = Engine(configuration: Configuration(services: services), now: now)
        for service in services {
            let result = ProbeResult(
                started: now.boot, took: .milliseconds(7), outcome: .fail("line\nbreak"))
            _ = engine.handle(
                .probe(service: service.name, probe: "health", result), at: now)
        }
        let position = FilePosition(
            path: "/a", device: 1, inode: 2, headHash: 3, headLength: 4, offset: 5)
        let journal = JournalPosition(selection: "shop.service", cursor: "s=1;i=2", seen: 3)
        return Checkpoint(
            engine: engine.checkpoint(at: now),
            positions: ["shop/access": .file(position), "shop/app": .journal(journal)])
    }

    private func bytes(of checkpoint: Checkpoint) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try CheckpointKeeper.pieces(of: checkpoint) { bytes += $0 }
        return bytes
    }

    @Test func itComesBackAsItWasWritten() throws {
        let written = checkpoint()
        let bytes = try bytes(of: written)
        #expect(bytes.split(separator: UInt8(ascii: "\n")).count == 3)
        let (read, problems) = try CheckpointKeeper.checkpoint(in: bytes)
        #expect(read == written && problems.isEmpty)
    }

    @Test func aDamagedServiceCostsNoOther() throws {
        let written = checkpoint()
        var lines = try bytes(of: written).split(separator: UInt8(ascii: "\n"))
        lines[1] = lines[1].dropLast(10)
        let (read, problems) = try CheckpointKeeper.checkpoint(
            in: Array(lines.joined(separator: [UInt8(ascii: "\n")])))
        #expect(problems.count == 1)
        #expect(read.engine.parts == Array(written.engine.parts.dropFirst()))
        #expect(read.positions == written.positions)
    }

    /// As it was written before: all in one line.
    @Test func oneOfBeforeIsRead() throws {
        let written = checkpoint()
        let bytes = Array(try JSONEncoder().encode(written))
        #expect(try CheckpointKeeper.checkpoint(in: bytes).0 == written)
    }

    @Test func whatIsNoneIsAnError() {
        #expect(throws: (any Error).self) { try CheckpointKeeper.checkpoint(in: []) }
        #expect(throws: (any Error).self) { try CheckpointKeeper.checkpoint(in: [1, 2, 10, 3]) }
    }
}
