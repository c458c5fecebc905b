// Real programs under the real shim: what a step's result says about each way to end.

import Glibc
import Testing
import WatchCore

@testable import WatchActions

struct ExecStepTests {
    @Test func theResultHasExitStatusOutputAndTime() async throws {
        let bench = try Bench()
        let result = await bench.result(of: bench.shell("echo out; echo err >&2; exit 3"))
        #expect(result.ending == .exited(3))
        #expect(result.output == "out\nerr\n")
        #expect(result.took > .zero)
    }

    @Test func aProgramKilledByASignalSaysWhich() async throws {
        let bench = try Bench()
        let result = await bench.result(of: bench.shell("kill -9 $$"))
        #expect(result.ending == .signalled(9))
    }

    @Test func aFloodOfOutputIsReadAndBounded() async throws {
        let bench = try Bench(outputLimit: 10_000)
        let result = await bench.result(
            of: bench.shell("echo first; yes | head -c 30000000; echo last"))
        #expect(result.ending == .exited(0))
        #expect(result.output.hasSuffix("last\n"))
        #expect(result.output.utf8.count <= TaskDirectory.resultOutput)
        let kept = bench.text("steps/t1/output")
        #expect(kept.hasPrefix("first\n"))
        #expect(kept.contains("[… 29990011 bytes left out …]"))
        #expect(kept.utf8.count < 10_100)
        let record = try TaskDirectory("t1", in: bench.settings.directory).exit()
        #expect(record?.outputBytes == 30_000_011)
        #expect(record?.dropped == 29_990_011)
    }

    @Test func outputForPeopleHoldsNoControlCharacters() async throws {
        let bench = try Bench()
        let result = await bench.result(of: bench.shell(#"printf 'a\033[2Jb\r\nc\377'"#))
        #expect(result.output == "a?[2Jb\nc\u{FFFD}")
    }

    @Test func aProgramThatNeverEndsIsTimedOut() async throws {
        let bench = try Bench()
        let task = bench.shell("echo begun; sleep 1000", timeout: .milliseconds(200))
        let result = await bench.result(of: task)
        #expect(result.ending == .timedOut)
        #expect(result.output.hasPrefix("begun\n"))
    }

    @Test func aProgramThatIgnoresSIGTERMIsKilled() async throws {
        let bench = try Bench()
        let task = bench.shell(
            "trap '' TERM; while :; do sleep 1000; done", timeout: .milliseconds(200))
        let result = await bench.result(of: task)
        #expect(result.ending == .timedOut)
    }

    @Test func whatAProgramForkedAwayDiesWithIt() async throws {
        let bench = try Bench()
        // One keeps the pipe, one closes it; both left the session.
        let task = bench.shell(
            "setsid sleep 1000 & echo $!; setsid sleep 1000 >/dev/null 2>&1 & echo $!")
        let result = await bench.result(of: task)
        #expect(result.ending == .exited(0))
        #expect(result.output.contains("[2 processes that it left behind were killed]"))
        for line in result.output.split(separator: "\n").prefix(2) {
            let pid = try #require(Int32(line))
            #expect(kill(pid, 0) == -1 && errno == ESRCH)
        }
    }

    @Test func aProgramRunsInTheSessionOfItsShim() async throws {
        let bench = try Bench()
        let result = await bench.result(of: bench.shell("cut -d' ' -f6 /proc/self/stat"))
        let shim = try bench.claimedPID()
        #expect(result.output == "\(shim)\n")
        #expect(shim != getsid(0))
    }

    @Test func aMissingProgramCouldNotStart() async throws {
        let bench = try Bench()
        let byName = await bench.result(of: bench.exec(["no-such-program"]))
        #expect(byName.ending.reason.contains("no program 'no-such-program' in PATH (/usr/local"))
        let byPath = await bench.result(of: bench.exec(["/no/such/program"], id: "t2"))
        #expect(byPath.ending.reason.contains("there is no program at /no/such/program"))
    }

    @Test func aFileWithoutPermissionCouldNotStart() async throws {
        let bench = try Bench()
        try bench.write("tool", "#!/bin/sh\n")
        let result = await bench.result(of: bench.exec(["\(bench.root)/tool"]))
        #expect(result.ending.reason.contains("/tool is not executable for this user"))
    }

    @Test func aBadInterpreterIsNamed() async throws {
        let bench = try Bench()
        try bench.write("tool", "#!/no/such/python\n", mode: 0o755)
        let missing = await bench.result(of: bench.exec(["\(bench.root)/tool"]))
        #expect(missing.ending.reason.contains("its interpreter '/no/such/python' is not"))
        try bench.write("bare", "echo hello\n", mode: 0o755)
        let bare = await bench.result(of: bench.exec(["\(bench.root)/bare"], id: "t2"))
        #expect(bare.ending.reason.contains("ENOEXEC"))
    }

    @Test func aMissingShimIsSaidSo() async throws {
        let bench = try Bench()
        var settings = bench.settings
        settings.shim = "/no/such/watchd-step"
        let step = ExecStep(
            settings: settings, secrets: bench.secrets,
            directory: try TaskDirectory("t1", in: settings.directory),
            cancellation: Cancellation())
        let result = try step.perform(bench.shell("true"))
        #expect(result.ending.reason.contains("installation of watchd-step"))
    }

    @Test func theEnvironmentIsBuiltFromNothing() async throws {
        let bench = try Bench()
        let task = bench.exec(["env"], variables: ["to.version": "1.9.0+b", "from.git-ref": "x"])
        let result = await bench.result(of: task)
        let names = result.output.split(separator: "\n").map(String.init).sorted()
        #expect(
            names == [
                "HOME=\(bench.root)", "LANG=C.UTF-8",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "WATCHD_FROM_GIT_REF=x", "WATCHD_ROLLBACK=shop-1-r1", "WATCHD_SERVICE=shop",
                "WATCHD_TASK=t1", "WATCHD_TO_VERSION=1.9.0+b",
            ])
    }

    @Test func aProgramHasNothingOpenButItsThree() async throws {
        let bench = try Bench()
        let open = Glibc.open("/etc/passwd", O_RDONLY)
        defer { close(open) }
        let result = await bench.result(of: bench.shell("ls /proc/$$/fd; pwd"))
        #expect(result.output == "0\n1\n2\n\(bench.root)\n")
    }

    @Test func aVariableWithoutValueFailsBeforeItRuns() async throws {
        let bench = try Bench()
        let result = await bench.result(of: bench.exec(["touch", "${to.commit}"]))
        #expect(result.ending.reason.contains("${to.commit}"))
        #expect(result.ending.reason.contains("has no value"))
    }

    @Test func secretsAreFilledInAndRedacted() async throws {
        let bench = try Bench(secrets: ["token": "s3cr3t-value"])
        let result = await bench.result(
            of: bench.exec(["sh", "-c", "echo ${credential:token} ${to.version}"]))
        #expect(result.output == "*** 1.9.0\n")
        #expect(bench.text("steps/t1/output") == "*** 1.9.0\n")
    }

    /// Where a file cannot be written anew, as on a full disk, it is written over.
    @Test func secretsAreTakenOutOfFilesThatHaveNoRoomForAnother() async throws {
        let bench = try Bench(secrets: ["token": "s3cr3t-value"])
        let directory = try TaskDirectory("t1", in: bench.settings.directory)
        try directory.create()
        // Nobody can write a file of that name.
        for name in ["judged", "output"] { mkdir("\(directory.path)/\(name).new", 0o700) }
        let result = await bench.result(of: bench.shell("echo ${credential:token}"))
        #expect(result.output == "***\n")
        #expect(bench.text("steps/t1/output") == "***\n")
    }

    @Test func anUnreadableSecretCouldNotStart() async throws {
        let bench = try Bench()
        let result = await bench.result(of: bench.exec(["echo", "${credential:token}"]))
        #expect(result.ending.reason.contains("${credential:token}"))
    }

    @Test func anIdThatIsNoFileNameIsRefused() async throws {
        let bench = try Bench()
        for id in ["", "..", "a/b", "a\nb"] {
            let result = await bench.result(of: bench.shell("true", id: id))
            #expect(result.ending.reason.contains("is no task id"))
        }
    }
}

extension TaskResult.Ending {
    /// The sentence, where there is one.
    var reason: String {
        switch self {
        case .couldNotStart(let text): "could not start: " + text
        case .unexpected(let text): "unexpected: " + text
        case .unknown(let text): "unknown: " + text
        case .exited, .signalled, .timedOut, .cancelled: ""
        }
    }
}
