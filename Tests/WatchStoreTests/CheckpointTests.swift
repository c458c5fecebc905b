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
        let bytes = [UInt8](repeating: 0, count: CheckpointFile.limit + 1)
        await #expect(throws: StoreError.self) { try await store.saveCheckpoint(bytes) }
    }
}
