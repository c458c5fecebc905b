// What a program is run with, what its end must be, and what later steps get of it.

import Glibc
import Testing
import WatchCore

@testable import WatchActions

struct ProgramSettingsTests {
    private func task(
        _ bench: Bench, _ script: String, id: String = "t1",
        _ change: (inout ProgramSettings) throws -> Void
    ) rethrows -> StepTask {
        var settings = ProgramSettings()
        try change(&settings)
        var task = bench.shell(script, id: id)
        task.action = .exec(
            ["/bin/sh", "-c", script].map { Template(literal: $0) }, settings)
        return task
    }

    @Test func secretsGoIntoTheEnvironmentAndAreToldNobody() async throws {
        let bench = try Bench(secrets: ["token": "tok-12345"])
        let task = try task(bench, "echo \"$TOKEN for $TO\"; exit 4") {
            $0.environment = [
                .init(name: "TOKEN", value: try Template("${credential:token}")),
                .init(name: "TO", value: try Template("${to.version}")),
            ]
        }
        let result = await bench.result(of: task)
        #expect(result.ending == .exited(4))
        #expect(result.output == "*** for 1.9.0\n")
        #expect(!bench.text("steps/t1/output").contains("tok-12345"))
    }

    @Test func whatItReadsIsPreparedAndGoneAfterwards() async throws {
        let bench = try Bench(secrets: ["token": "tok-12345"])
        let task = try task(bench, "cat; test -r /proc/self/fd/0 && echo read") {
            $0.input = try Template("to ${to.version} with ${credential:token}\nsecond line\n")
        }
        let result = await bench.result(of: task)
        #expect(result.output == "to 1.9.0 with ***\nsecond line\nread\n")
        #expect(access("\(bench.root)/steps/t1/input", F_OK) != 0)
    }

    /// As `redact:` does.
    private static func masked(_ text: String, _ service: String) -> String {
        service == "shop" ? text.split(separator: "4711").joined(separator: "[redacted]") : text
    }

    @Test func whatMayNotBeKeptIsTakenOutOfItsFiles() async throws {
        let bench = try Bench(clean: Self.masked)
        let result = await bench.result(of: bench.shell("echo patient 4711; echo 4711 >&2"))
        #expect(!result.output.contains("4711"))
        let kept = bench.text("steps/t1/output")
        #expect(kept.contains("patient [redacted]"))
        #expect(!kept.contains("4711"))
    }

    @Test func whatWasJudgedBeforeItWasTakenOutStaysJudged() async throws {
        let bench = try Bench(clean: Self.masked)
        let task = task(bench, "echo patient 4711 is there") {
            $0.contains = "patient 4711"
            $0.saves = [.init(name: "state", source: .pattern("is ([a-z]+)"))]
        }
        let result = await bench.result(of: task)
        #expect(result.ending == .exited(0))
        #expect(result.saved == ["state": "there"])
        #expect(bench.text("steps/t1/answer") == "patient [redacted] is there\n")
        // After a crash another one asks what became of it.
        #expect(await bench.result(of: task) == result)
    }

    /// As it is told, and as it stays on disk.
    @Test func whatItWasJudgedByIsCleanToo() async throws {
        let bench = try Bench(clean: Self.masked)
        let task = task(bench, "echo patient 4711 is there") { $0.contains = "nobody" }
        let result = await bench.result(of: task)
        #expect(result.ending.reason.contains("patient [redacted] is there"))
        #expect(!result.ending.reason.contains("4711"))
        #expect(!bench.text("steps/t1/judged").contains("4711"))
        #expect(await bench.result(of: task) == result)
    }

    @Test func aDiedCleaningIsMadeUpFor() async throws {
        let bench = try Bench(clean: Self.masked)
        let task = task(bench, "echo patient 4711") { $0.contains = "4711" }
        let result = await bench.result(of: task)
        try bench.write("steps/t1/answer", "patient 4711\n")
        #expect(await bench.result(of: task) == result)
        #expect(bench.text("steps/t1/answer") == "patient [redacted]\n")
    }

    @Test func itStartsWhereItIsTold() async throws {
        let bench = try Bench()
        let there = try task(bench, "pwd") { $0.directory = try Template("/usr/lib") }
        #expect(await bench.result(of: there).output == "/usr/lib\n")
        let nowhere = try task(bench, "pwd", id: "t2") { $0.directory = try Template("/no/such") }
        #expect(await bench.result(of: nowhere).ending.reason.contains("/no/such"))
    }

    @Test func anotherExitStatusMayBeTheGoodOne() async throws {
        let bench = try Bench()
        let good = task(bench, "exit 3") { $0.exit = [0, 3] }
        #expect(await bench.result(of: good).ending == .exited(0))
        let bad = task(bench, "exit 0", id: "t2") { $0.exit = [3] }
        #expect(
            await bench.result(of: bad).ending
                == .unexpected("exit status 0, expected 3"))
    }

    @Test func whatItPrintsIsJudgedApartFromItsComplaints() async throws {
        let bench = try Bench()
        let script = #"echo 'warning: {' >&2; echo '{"status": "ready", "id": "dpl_1"}'"#
        let good = try task(bench, script) {
            $0.json = [
                .init(path: try JSONPath("$.status"), comparison: .equals(.string("ready")))
            ]
            $0.saves = [.init(name: "deployment", source: .json(try JSONPath("$.id")))]
        }
        let result = await bench.result(of: good)
        #expect(result.ending == .exited(0))
        #expect(result.saved == ["deployment": "dpl_1"])
        #expect(result.output.contains("warning: {"))
        let bad = task(bench, script, id: "t2") { $0.matches = "head is now at" }
        let complaint = await bench.result(of: bad).ending.reason
        #expect(complaint.contains("what it printed does not match 'head is now at'"))
    }

    @Test func whatIsSavedMustBeFitToBecomeAnArgument() async throws {
        let bench = try Bench()
        let task = task(bench, "echo 'id: $(reboot)'") {
            $0.saves = [.init(name: "id", source: .pattern("id: (.*)"))]
        }
        let result = await bench.result(of: task)
        #expect(result.ending.reason.contains("'id' could not be saved"))
        #expect(result.saved == nil)
    }

    @Test func moreThanIsKeptIsNotJudged() async throws {
        let bench = try Bench(outputLimit: 10_000)
        let task = task(bench, "yes | head -c 100000; echo done") { $0.contains = "done" }
        #expect(await bench.result(of: task).ending.reason.contains("more than is kept"))
    }
}
