// The version as a program prints it: real programs, with every bad manner they have.

import Foundation
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct CommandVersionTests {
    private func read(
        _ command: [String], _ output: VersionSource.Output = .firstLine,
        timeout: Duration = .minutes(10)
    ) async -> VersionReading.Answer {
        let prober = LiveProber(client: HTTPClient(), secrets: Secrets(), time: SystemSleeper())
        return await prober.read(
            VersionSource(kind: .command(command, output), every: .seconds(15), timeout: timeout)
        ).answer
    }

    private func shell(
        _ script: String, _ output: VersionSource.Output = .firstLine,
        timeout: Duration = .minutes(10)
    ) async -> VersionReading.Answer {
        await read(["/bin/sh", "-c", script], output, timeout: timeout)
    }

    private func reason(_ answer: VersionReading.Answer) -> String {
        if case .unavailable(let reason) = answer { reason } else { "\(answer)" }
    }

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "watchd-command-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    @Test func theFirstLineIsTheVersion() async {
        #expect(
            await read(["/bin/echo", "  1.9.0 "]) == .version("1.9.0", commit: nil, fields: [:]))
        #expect(
            await shell("echo 1.9.0; echo more; echo warnings >&2")
                == .version("1.9.0", commit: nil, fields: [:]))
    }

    /// No shell comes between: what looks like one is text.
    @Test func argumentsArriveAsTheyAre() async {
        #expect(
            await read(["/bin/sh", "-c", "printf %s \"$1\" | tr -d '$; '", "x", "1.0; $HOME"])
                == .version("1.0HOME", commit: nil, fields: [:]))
    }

    @Test func jsonAndPatternsFindMoreThanALine() async throws {
        let paths = ["version": try path("$.v"), "commit": try path("$.c"), "id": try path("$.n")]
        #expect(
            await shell(#"echo '{ "v": "1.9.0", "c": "abc",'; echo ' "n": 7 }'"#, .json(paths))
                == .version("1.9.0", commit: "abc", fields: ["id": "7"]))
        #expect(
            await shell("echo shop 1.9.0", .pattern("shop ([0-9.]+)"))
                == .version("1.9.0", commit: nil, fields: [:]))
        #expect(reason(await shell("echo 1.9.0 x", .json(paths))).contains("did not print JSON"))
        #expect(reason(await shell("echo '{}'", .json(paths))) == "$.v is missing")
        #expect(
            reason(await shell("echo blog 2", .pattern("shop ([0-9.]+)")))
                .contains("does not match 'shop ([0-9.]+)': 'blog 2'"))
    }

    @Test(arguments: [
        ("exit 3", "exit status 3"),
        ("echo 1.9.0; echo 'no connection' >&2; exit 1", "exit status 1: no connection"),
        ("kill -9 $$", "killed by signal 9"), (":", "printed nothing"), ("echo", "printed nothing"),
        ("echo 'rm -rf /'", "not usable"), ("echo; echo 1.9.0", "not usable"),
        ("head -c 300000 /dev/zero; exec sleep 600", "printed more than 64 KB"),
        ("while :; do echo 1.9.0; done", "printed more than 64 KB"),
    ])
    func whatIsNoAnswerSaysWhy(script: String, words: String) async {
        let answer = await shell(script)
        #expect(reason(answer).contains(words), "\(answer)")
    }

    @Test func aProgramThatHangsIsKilledInTime() async {
        let answer = await shell(
            "trap '' TERM INT HUP; echo 1.9.0; echo 'waiting for the lock' >&2; exec sleep 600",
            timeout: .milliseconds(300))
        #expect(reason(answer).contains("did not end within 300ms and was killed"))
        #expect(reason(answer).contains("waiting for the lock"))
    }

    /// A grandchild that keeps the pipes open does not keep us waiting, and does not stay.
    @Test func whatItLeavesBehindIsNotWaitedForAndGoesWithIt() async throws {
        try await withDirectory { directory in
            let answer = await shell(
                "sleep 600 & echo $! > \(directory)/pid; echo 1.9.0", timeout: .seconds(60))
            #expect(answer == .version("1.9.0", commit: nil, fields: [:]))
            let text = try String(contentsOfFile: directory + "/pid", encoding: .utf8)
            let pid = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            // Killed, and perhaps not yet reaped by whoever adopts it.
            let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            #expect(state.map { $0.contains(") Z ") || $0.contains(") X ") } ?? true)
        }
    }

    /// Not even one that left the group keeps us waiting.
    @Test func oneThatLeftTheGroupIsNotWaitedFor() async {
        let answer = await shell("setsid sleep 5 & echo 1.9.0", timeout: .seconds(60))
        #expect(answer == .version("1.9.0", commit: nil, fields: [:]))
    }

    @Test func whatCannotBeRunSaysWhatToDo() async throws {
        try await withDirectory { directory in
            let files = FileManager.default
            for (name, text, mode) in [
                ("plain", "#!/bin/sh\necho 1.9.0\n", 0o644),
                ("orphan", "#!/no/such/interpreter\n", 0o755), ("noise", "\u{1}\u{2}\n", 0o755),
            ] {
                try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
                try files.setAttributes(
                    [.posixPermissions: mode], ofItemAtPath: "\(directory)/\(name)")
            }
            for (name, words) in [
                ("missing", "there is no program at"), ("plain", "chmod 755"),
                ("orphan", "its interpreter is not"), ("noise", "#!/path/to/interpreter"),
                ("", "chmod 755"),
            ] {
                let answer = await read(["\(directory)/\(name)"])
                #expect(reason(answer).contains(words), "\(name): \(answer)")
            }
        }
    }

    /// What the daemon was started with, its descriptors and its variables, is nobody's business.
    @Test func theProgramGetsNothingOfOurs() async {
        setenv("WATCHD_TEST_SECRET", "hidden", 1)
        defer { unsetenv("WATCHD_TEST_SECRET") }
        let names = await shell(
            "/usr/bin/env | sed 's/=.*//' | grep -v -x -e PWD -e _ | sort | tr '\\n' .")
        #expect(names == .version("HOME.LANG.PATH.", commit: nil, fields: [:]), "\(names)")
        // Without a pipe, whose ends the shell would have open for a moment itself.
        let descriptors = await shell(
            "for n in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && printf %s. $n; done; :")
        #expect(descriptors == .version("0.1.2.", commit: nil, fields: [:]), "\(descriptors)")
    }

    /// Several services may ask the same program at the same time.
    @Test func theSameProgramCanBeAskedAtOnce() async throws {
        try await withDirectory { directory in
            let prober = LiveProber(
                client: HTTPClient(), secrets: Secrets(), time: SystemSleeper())
            // Each waits until all three are there.
            let script =
                "echo x >> \(directory)/here; "
                + "until [ $(wc -l < \(directory)/here) -ge 3 ]; do :; done; echo 1.9.0"
            let source = VersionSource(
                kind: .command(["/bin/sh", "-c", script], .firstLine), every: .seconds(15),
                timeout: .seconds(60))
            let answers = await withTaskGroup(of: VersionReading.Answer.self) { group in
                for _ in 0..<3 { group.addTask { await prober.read(source).answer } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let version = VersionReading.Answer.version("1.9.0", commit: nil, fields: [:])
            #expect(answers == [version, version, version])
        }
    }
}
