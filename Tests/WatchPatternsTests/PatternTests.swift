// Patterns match what they should, and never for long.

import Testing
import WatchPatterns

@Suite struct PatternTests {
    @Test func groupsAreFoundByNumberAndName() throws {
        let pattern = try Pattern(#"v(?<version>\d+\.\d+)(-rc)?"#)
        let match = try #require(try pattern.firstMatch(in: "release v1.9 of today"))
        #expect(match.whole == "v1.9")
        #expect(match.groups == ["v1.9", "1.9", nil])
        #expect(match.value == "1.9")
        #expect(pattern.names == ["version": 1])
    }

    @Test func noMatchIsNil() throws {
        #expect(try Pattern("panic").firstMatch(in: "all is well") == nil)
        #expect(try Pattern("x").firstMatch(in: "") == nil)
    }

    @Test func aMistakeHasAPlace() {
        let error = #expect(throws: PatternError.self) { try Pattern("ab(c") }
        #expect(error?.offset == 4)
        #expect(error?.message.contains("parenthes") ?? false)
    }

    @Test func aHostilePatternIsGivenUp() throws {
        let pattern = try Pattern("(a+)+$")
        let subject = String(repeating: "a", count: 40) + "b"
        #expect(throws: PatternLimitError.self) { try pattern.firstMatch(in: subject) }
    }

    @Test func binarySubjectsDoNotTripIt() throws {
        let bytes: [UInt8] = [0xFF, 0x00, 0xC3, 0x28] + Array("panic: x".utf8)
        #expect(try Pattern("panic: (.)").firstMatch(in: bytes)?.value == "x")
    }

    @Test func anOverlongPatternIsRefused() {
        #expect(throws: PatternError.self) { try Pattern(String(repeating: "a", count: 9000)) }
    }

    @Test func aLongTextIsNoProblemForAnHonestPattern() throws {
        let text = String(repeating: "ab\n", count: 30_000) + "version=1.9"
        let pattern = try Pattern(#"(?:.|\n)*version=(?<version>\S+)"#)
        let match = try #require(try pattern.firstMatch(in: text))
        #expect(pattern.group("version", of: match) == "1.9")
        #expect(pattern.group("commit", of: match) == nil)
    }

    @Test func oneThatManyThreadsUseAtOnceStaysRight() async throws {
        let pattern = try Pattern(#"(\d+)-(?<word>[a-z]+)"#)
        let wrong = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<500).count { number in
                        let match = try? pattern.firstMatch(
                            in: "x \(number)-t\("abcdefgh".dropFirst(task).prefix(1)) y")
                        return match?.value != String(number)
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }
}
