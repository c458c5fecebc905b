// How programs are started: with nothing of ours.

import Glibc
import Testing
import WatchSystem

@Suite struct ProgramStartTests {
    /// What `script` writes to descriptor 1.
    private func output(
        of script: String, environment: [String] = ProgramStart.environment, blocked: [Int32] = []
    ) throws -> String {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let pid = try ProgramStart.start(
            "/bin/sh", ["sh", "-c", script], environment: environment, blocked: blocked
        ) {
            posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&$0, ends[1], 1)
        }
        close(ends[1])
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = read(ends[0], &chunk, chunk.count), count > 0 {
            bytes += chunk[..<count]
        }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func itsEnvironmentIsWhatItIsGiven() throws {
        #expect(try output(of: "echo $A-$SHELL", environment: ["A=1"]) == "1-\n")
        #expect(try output(of: "echo $HOME $LANG") == "/ C.UTF-8\n")
    }

    @Test func itHasASessionOfItsOwn() throws {
        let words = try output(of: "cut -d' ' -f1,5,6 /proc/$$/stat").split(separator: " ")
        #expect(words.count == 3)
        #expect(Set(words.map { $0.filter(\.isNumber) }).count == 1, "pid, group, session")
    }

    @Test func nothingOfOursIsOpenAndOnlyWhatIsWantedIsBlocked() throws {
        let secret = open("/etc/hostname", O_RDONLY)
        defer { close(secret) }
        #expect(
            try output(of: "[ -e /proc/self/fd/\(secret) ] && readlink /proc/self/fd/\(secret)")
                .contains("hostname") == false)
        #expect(
            try output(of: "exec grep SigBlk /proc/self/status", blocked: [SIGTERM])
                == "SigBlk:\t0000000000004000\n")
    }

    @Test(arguments: [
        ("/no/such/program", "there is no program at it; install it or mend the path"),
        ("/etc/passwd", "it may not be run by watchd's user; chmod 755 it"),
    ])
    func whatCannotBeStartedHasARemedy(path: String, words: String) {
        do throws(SystemError) {
            _ = try ProgramStart.start(path, [path]) { _ in }
            Issue.record("\(path) was started")
        } catch {
            #expect(ProgramStart.explanation(of: error, path, name: "it").hasPrefix(words))
        }
    }
}
