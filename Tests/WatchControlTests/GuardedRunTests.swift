// `watchctl run` stands between a pipeline and its deployment: the command's status is what counts,
// and nothing is started that is not guarded.

import Foundation
import TestServers
import Testing
import WatchCore

@Suite(.enabled(if: runsAsRoot, "root may act without groups")) struct GuardedRunTests {
    private func run(
        _ server: RunningServer, _ options: [String] = [], _ command: String...
    ) async throws -> ProgramResult {
        try await watchctl(
            ["run", "--service", "shop", "--socket", server.path] + options + ["--"] + command)
    }

    @Test func theCommandsStatusAndOutputAreItsOwn() async throws {
        try await withServer { server in
            let result = try await run(
                server, ["--estimate", "30m", "--release", "2.0.0"], "/bin/sh", "-c",
                "echo out; echo err >&2; exit 7")
            #expect(result.status == 7)
            #expect(result.output == "out\n")
            #expect(result.errors == "err\n")
            #expect(
                server.backend.commands.map(\.0) == [
                    .beginOperation(
                        OperationRequest(
                            service: "shop", operation: "deploy", estimate: .minutes(30),
                            lease: .minutes(1), release: ReleaseIdentity(version: "2.0.0"))),
                    .endOperation(service: "shop", operation: "deploy", status: 7),
                ])
        }
    }

    @Test func aSignalThatEndsItIsItsStatusAsInAShell() async throws {
        try await withServer { server in
            let result = try await run(server, [], "/bin/sh", "-c", "kill -KILL $$")
            #expect(result.status == 137)
            #expect(
                server.backend.commands.last?.0
                    == .endOperation(service: "shop", operation: "deploy", status: 137))
        }
    }

    /// Some agents have SIGCHLD ignored, also in what they start. Then the kernel keeps no status
    /// for anybody, and a deployment that went well looked like one that could not be run.
    @Test func itsStatusIsKnownAlsoWhereChildrenAreIgnored() async throws {
        try await withServer { server in
            let guarded = try program("watchctl").path
            func ignoring(_ command: String...) async throws -> ProgramResult {
                let script =
                    "import os, signal, sys; "
                    + "signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], "
                    + "sys.argv[1:])"
                return try await runProgram(
                    "/usr/bin/python3",
                    [
                        "-c", script, guarded, "run", "--service", "shop", "--socket", server.path,
                        "--",
                    ] + command)
            }
            #expect(try await ignoring("true").status == 0)
            #expect(try await ignoring("sh", "-c", "exit 3").status == 3)
            let ends = server.backend.commands.map(\.0).filter {
                if case .endOperation = $0 { true } else { false }
            }
            #expect(
                ends
                    == [0, 3].map {
                        .endOperation(service: "shop", operation: "deploy", status: $0)
                    })
            // The command is started as it would have been.
            let own = try await ignoring("grep", "SigIgn", "/proc/self/status")
            let mask = try #require(
                UInt64(own.output.split(whereSeparator: \.isWhitespace)[1], radix: 16))
            #expect(mask & (1 << UInt64(SIGCHLD - 1)) != 0)
        }
    }

    @Test func aSignalSentToTheGuardReachesTheCommand() async throws {
        try await withServer { server in
            // The shell that is guarded sends it to its parent, which passes it back.
            let result = try await run(
                server, [], "/bin/sh", "-c",
                "trap 'echo told; exit 9' TERM; kill -TERM $PPID; while :; do read -r x < /dev/tty "
                    + "|| sleep 0.1; done 2>/dev/null")
            #expect(result.output == "told\n")
            #expect(result.status == 9)
        }
    }

    @Test func whatCannotBeGuardedIsNotStarted() async throws {
        try await withDirectory { directory in
            let mark = directory + "/started"
            let alone = try await watchctl([
                "run", "--service", "shop", "--socket", directory + "/none.sock", "--",
                "/bin/touch", mark,
            ])
            #expect(alone.status == 125)
            #expect(alone.errors.contains("was not started"))
            try await withServer { server in
                server.backend.set(
                    reply: CommandReply(status: .refused, reason: "busy", message: "it runs"))
                let busy = try await run(server, [], "/bin/touch", mark)
                #expect(busy.status == 125)
                #expect(busy.errors.contains("it runs"))
            }
            #expect(!FileManager.default.fileExists(atPath: mark))
        }
    }

    @Test func whatIsNoProgramIsSaidBeforeAnythingBegins() async throws {
        try await withServer { server in
            let missing = try await run(server, [], "no-such-program-anywhere")
            #expect(missing.status == 127)
            let plain = try await run(server, [], "/etc/passwd")
            #expect(plain.status == 126)
            #expect(server.backend.commands.isEmpty)
        }
        #expect(try await watchctl(["run", "--service", "shop"]).status == 2)
        let soon = ["run", "--service", "shop", "--estimate", "soon", "--", "true"]
        #expect(try await watchctl(soon).status == 2)
    }

    @Test func itKnowsWhoItIsAndSaysHowFarItGot() async throws {
        try await withServer { server in
            let watchctl = try program("watchctl").path
            let result = try await run(
                server, ["--operation", "migration"], "/bin/sh", "-ec",
                "echo $WATCHD_SERVICE $WATCHD_OPERATION; '\(watchctl)' phase schema; "
                    + "'\(watchctl)' phase copy")
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.hasPrefix("shop migration\n"))
            let phases = ["schema", "copy"].map {
                Command.reachPhase(service: "shop", operation: "migration", phase: $0)
            }
            #expect(server.backend.commands.dropFirst().dropLast().map(\.0) == phases)
        }
        #expect(try await watchctl(["phase", "schema"]).status == 2)
    }

    @Test func itsFilesAndVariablesAreThoseItWouldHaveHad() async throws {
        try await withServer { server in
            let script =
                "echo $FLAVOUR; ls /proc/self/fd | wc -l; cat <&5; grep -E 'Sig(Blk|Ign)' "
                + "/proc/self/status"
            let shell = "echo five | { "
            let plain = try await runProgram(
                "/bin/bash", ["-c", "\(shell) /bin/sh -c \"$0\" 5<&0; }", script],
                environment: ["FLAVOUR": "sweet"])
            let guarded = try await runProgram(
                "/bin/bash",
                [
                    "-c",
                    "\(shell) '\(try program("watchctl").path)' run --service shop --socket "
                        + "'\(server.path)' -- /bin/sh -c \"$0\" 5<&0; }", script,
                ], environment: ["FLAVOUR": "sweet"])
            #expect(guarded.status == 0, "\(guarded.errors)")
            #expect(guarded.output == plain.output)
            #expect(plain.output.contains("sweet"))
            #expect(plain.output.contains("five"))
        }
    }
}
