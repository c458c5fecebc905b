// The checkpoint: whole or none.

import FoundationEssentials
import Testing

@testable import WatchStore

@Suite struct CheckpointTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func theLastOneIsReadAfterARestart() async throws {
        let store = try scratch.open(bootID: "4b1f7e0a-6d0e-4f39-9a55-0d9f3f4f6f10")
        #expect(store.loadCheckpoint()?.bytes == nil)
        try await store.saveCheckpoint([1, 2, 3])
        try await store.saveCheckpoint(Array("the second".utf8))
        store.close()
        let loaded = try #require(try scratch.open(bootID: "boot-2").loadCheckpoint())
        #expect(loaded.bytes == Array("the second".utf8))
        #expect(loaded.bootID == "4b1f7e0a-6d0e-4f39-9a55-0d9f3f4f6f10")
        #expect(!FileManager.default.fileExists(atPath: scratch.file("checkpoint.new")))
    }

    @Test func anyDamageMakesItNone() async throws {
        let store = try scratch.open()
        try await store.saveCheckpoint(Array("some state".utf8))
        let whole = try scratch.bytes("checkpoint")
        for at in whole.indices {
            var bad = whole
            bad[at] ^= 0x20
            try scratch.put(bad, "checkpoint")
            #expect(store.loadCheckpoint()?.bytes == nil, "byte \(at) changed")
        }
        for length in [0, 5, 40, whole.count - 1] {
            try scratch.put(Array(whole[..<length]), "checkpoint")
            #expect(store.loadCheckpoint()?.bytes == nil, "cut at \(length)")
        }
        try scratch.put(whole, "checkpoint")
        #expect(store.loadCheckpoint()?.bytes == Array("some state".utf8))
    }

    @Test func oneThatIsTooLargeIsRefused() async throws {
        let store = try scratch.open()
        try await store.saveCheckpoint([1])
        let piece = [UInt8](repeating: 0, count: 1 << 20)
        await #expect(throws: StoreError.self) {
            try await store.saveCheckpoint { put in
                for _ in 0...(CheckpointFile.limit >> 20) { try put(piece) }
            }
        }
        #expect(store.loadCheckpoint()?.bytes == [1])
        #expect(!FileManager.default.fileExists(atPath: scratch.file("checkpoint.new")))
    }

    @Test func piecesAreOneCheckpointAndAProducerThatFailsMakesNone() async throws {
        struct Failed: Error {}
        let store = try scratch.open()
        try await store.saveCheckpoint { put in
            try put([1, 2])
            try put([])
            try put([3])
        }
        #expect(store.loadCheckpoint()?.bytes == [1, 2, 3])
        await #expect(throws: Failed.self) {
            try await store.saveCheckpoint { put in
                try put([4])
                throw Failed()
            }
        }
        #expect(store.loadCheckpoint()?.bytes == [1, 2, 3])
    }

    /// As watchd wrote it before: the head summed up first.
    @Test func oneOfBeforeIsRead() throws {
        let store = try scratch.open()
        let body =
            Array("boot-1".utf8) + [UInt8](repeating: 0, count: 58) + [2, 0, 0, 0, 0, 0, 0, 0]
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in body + [7, 8] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let sum = (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * UInt64($0))) }
        try scratch.put(
            Array("watchd checkpoint 1\n".utf8) + body + sum + [7, 8], "checkpoint")
        let loaded = try #require(store.loadCheckpoint())
        #expect(loaded.bytes == [7, 8] && loaded.bootID == "boot-1")
    }
}
