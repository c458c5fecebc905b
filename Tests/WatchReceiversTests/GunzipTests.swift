// What gzip packed, as a body that is posted.

import Foundation
import Testing

@testable import WatchReceivers

@Suite struct GunzipTests {
    @Test func packedBodiesMayHaveMembersAndMustHaveAnEnd() async throws {
        let plain = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-gunzip-\(UUID().uuidString)")
        let packed = plain.appendingPathExtension("gz")
        defer { for file in [plain, packed] { try? FileManager.default.removeItem(at: file) } }
        var bytes: [UInt8] = []
        for text in ["one\n", "two\n"] {
            try text.write(to: plain, atomically: false, encoding: .utf8)
            _ = try await run(["gzip", "-kf", plain.path])
            bytes += try Data(contentsOf: packed)
        }
        func unpacked(_ bytes: some Sequence<UInt8>) throws -> String {
            var whole: [UInt8] = []
            try Array(bytes).withUnsafeBytes { try Gunzip.unpack($0, limit: 100) { whole += $0 } }
            return String(decoding: whole, as: UTF8.self)
        }
        #expect(try unpacked(bytes) == "one\ntwo\n")
        for count in [0, 1, 10, bytes.count - 1] {
            #expect(throws: Gunzip.Problem.damaged("it ends in its middle"), "\(count) bytes") {
                try unpacked(bytes.prefix(count))
            }
        }
    }
}
