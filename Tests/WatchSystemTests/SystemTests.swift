// Files with bounds, secrets with remedies, clocks that agree.

import Foundation
import Glibc
import Testing
import WatchCore
import WatchSystem

@Suite struct SystemTests {
    private let directory = NSTemporaryDirectory() + "watchd-system-\(UUID().uuidString)"

    init() throws { try Directory.make(directory, mode: 0o700) }

    private func write(_ name: String, _ text: String) throws -> String {
        let path = "\(directory)/\(name)"
        try File.writeAtomically(path, Array(text.utf8))
        return path
    }

    private func cleanUp() { try? FileManager.default.removeItem(atPath: directory) }

    @Test func aFileIsReadWholeOrNotAtAll() throws {
        defer { cleanUp() }
        let path = try write("a", "hello")
        #expect(try File.read(path, limit: 5) == Array("hello".utf8))
        let error = #expect(throws: SystemError.self) { try File.read(path, limit: 4) }
        #expect(error?.code == EFBIG)
    }

    @Test func anAtomicWriteLeavesNothingBesideTheFile() throws {
        defer { cleanUp() }
        _ = try write("a", "one")
        let path = try write("a", "two")
        #expect(try File.read(path, limit: 10) == Array("two".utf8))
        #expect(Directory.names(in: directory) == ["a"])
    }

    @Test func aMissingFileSaysWhichAndWhy() {
        defer { cleanUp() }
        let error = #expect(throws: SystemError.self) {
            try File.read(directory + "/none", limit: 1)
        }
        #expect(error?.description == "open \(directory)/none: No such file or directory")
    }

    @Test func aSecretIsAFileWithoutItsLastNewline() throws {
        defer { cleanUp() }
        let path = try write("token", "s3cret\n")
        #expect(try SystemSecrets().secret(.file(path)) == "s3cret")
    }

    @Test func aSecretThatCannotBeReadNamesItselfAndTheRemedy() {
        defer { cleanUp() }
        let error = #expect(throws: SecretError.self) {
            try SystemSecrets().secret(.file(directory + "/none"))
        }
        #expect(error?.message.contains("${file:\(directory)/none}") ?? false)
        #expect(error?.message.contains("watchd's user may read it") ?? false)
    }

    @Test func anUnsetVariableIsNoEmptySecret() {
        defer { cleanUp() }
        #expect(throws: SecretError.self) {
            try SystemSecrets().secret(.environment("WATCHD_NO_SUCH_VARIABLE"))
        }
    }

    @Test func bothClocksGoForward() throws {
        defer { cleanUp() }
        let time = SystemTime()
        let first = time.now()
        let second = time.now()
        #expect(second.boot >= first.boot)
        #expect(first.wall > WallTime.seconds(1_700_000_000))
        #expect(try SystemTime.bootID().count == 36)
    }

    @Test func decisionsUseTheClockThatGoesOnThroughSuspend() {
        defer { cleanUp() }
        func boottime() -> Instant {
            var time = timespec()
            clock_gettime(CLOCK_BOOTTIME, &time)
            return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
        }
        let before = boottime()
        let now = SystemTime().now().boot
        #expect(before <= now && now <= boottime())
    }

    @Test func theProgramKnowsItsOwnFile() {
        defer { cleanUp() }
        #expect(Executable.path?.hasPrefix("/") ?? false)
    }
}
