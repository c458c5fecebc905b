// The probe kind `exec`: real programs, with every ending they have.

import Glibc
import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct ExecProbeTests {
    private func probe(
        _ arguments: [String], environment: [ExecCheck.Variable] = [],
        secrets: Secrets = Secrets(), timeout: Duration = .minutes(10),
        _ change: (inout ExecCheck) -> Void = { _ in }
    ) async -> ProbeResult {
        var check = ExecCheck(arguments)
        check.environment = environment
        change(&check)
        let prober = LiveProber(client: HTTPClient(), secrets: secrets, time: SystemSleeper())
        return await prober.probe(
            ProbeConfiguration(
                name: "orders", every: .seconds(30), timeout: timeout,
                kind: .exec(check)))
    }

    private func shell(
        _ script: String, timeout: Duration = .minutes(10),
        _ change: (inout ExecCheck) -> Void = { _ in }
    ) async -> ProbeResult {
        await probe(["/bin/sh", "-c", script], timeout: timeout, change)
    }

    @Test func anExitOfZeroPasses() async {
        let result = await shell("exit 0")
        #expect(result.outcome == .pass)
        #expect(result.status == 0)
        #expect(result.body == nil)
        #expect(result.host == nil, "a program is no other host")
    }

    @Test(arguments: [
        ("exit 3", "exit status 3, expected 0"),
        (
            "echo 12 orders; echo 'no connection' >&2; exit 1",
            "exit status 1, expected 0: no connection"
        ),
        ("echo 12 orders; exit 1", "exit status 1, expected 0: 12 orders"),
        ("kill -9 $$", "was killed by signal 9"),
        ("head -c 300000 /dev/zero; exec sleep 600", "printed more than 64 KB and was killed"),
    ])
    func aBadEndIsAFailureThatSaysWhy(script: String, words: String) async {
        #expect(await shell(script).outcome == .fail(words))
    }

    /// As many as there are threads for programs.
    @Test func programsThatHangKeepNobodyFromReadingASecret() async throws {
        let name = "/tmp/watchd-exec-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let (ready, gate) = (name + ".ready", name + ".gate")
        try #require(mkfifo(ready, 0o600) == 0 && mkfifo(gate, 0o600) == 0)
        let (reader, writer) = (open(ready, O_RDWR | O_NONBLOCK), open(gate, O_RDWR))
        defer {
            for end in [reader, writer] { close(end) }
            for path in [ready, gate] { unlink(path) }
        }
        let reference = SecretReference.credential("token")
        let prober = LiveProber(
            client: HTTPClient(), secrets: Secrets(known: [reference: "the token"]),
            time: SystemSleeper())
        try await withServer {
            $0.answer()
        } _: { server in
            let hanging = (0..<32).map { number in
                let check = ExecCheck([
                    "/bin/sh", "-c", "echo x > \(ready); read line < \(gate)", "\(number)",
                ])
                return Task {
                    await prober.probe(
                        ProbeConfiguration(
                            name: "p\(number)", every: .seconds(30), timeout: .minutes(10),
                            kind: .exec(check)))
                }
            }
            var (running, byte) = (0, UInt8(0))
            // A read that waits would keep one of the few threads that all tests share.
            while running < 32 {
                guard read(reader, &byte, 1) == 1 else {
                    await Task.yield()
                    continue
                }
                if byte == UInt8(ascii: "x") { running += 1 }
            }
            let result = await prober.probe(
                try .http(
                    server.url, timeout: .seconds(20),
                    headers: [
                        .init(name: "Authorization", value: try Template("${credential:token}"))
                    ]))
            #expect(result.outcome == .pass)
            var lines = [UInt8](repeating: 10, count: 32)
            write(writer, &lines, 32)
            for task in hanging { #expect(await task.value.outcome == .pass) }
        }
    }

    @Test func whatDoesNotEndIsKilledAndFails() async {
        let result = await shell("echo started; exec sleep 600", timeout: .milliseconds(300))
        #expect(result.outcome == .fail("did not end within 300ms and was killed: started"))
        #expect(result.timedOut == true)
        #expect(result.body == "started\n")
    }

    @Test(arguments: [
        ("/no/such/program", "there is no program at /no/such/program; install it"),
        ("/etc/passwd", "may not be run"),
    ])
    func aProgramThatCannotBeRunIsOurFault(path: String, words: String) async {
        guard case .error(let reason) = await probe([path]).outcome else {
            Issue.record("no error")
            return
        }
        #expect(reason.contains(words), "\(reason)")
    }

    @Test func exitStatusesCanBeNamed() async {
        #expect(await shell("exit 2") { $0.exit = [0, 2] }.outcome == .pass)
        #expect(
            await shell("exit 1") { $0.exit = [0, 2] }.outcome
                == .fail("exit status 1, expected 0 or 2"))
    }

    @Test func whatItPrintsIsJudged() async throws {
        let number = HTTPExpectation.JSONField(path: try path("$.lag"), comparison: .less(10))
        #expect(
            await shell(#"echo '{"lag": 3}'"#) { $0.json = [number] }.outcome == .pass)
        #expect(
            await shell(#"echo '{"lag": 30}'"#) { $0.json = [number] }.outcome
                == .fail("$.lag is 30, expected < 10"))
        #expect(
            await shell("echo open") { $0.contains = "closed" }.outcome
                == .fail("what it printed does not contain 'closed' ('open')"))
        #expect(
            await shell(":") { $0.matches = "^[0-9]+$" }.outcome
                == .fail("what it printed does not match '^[0-9]+$' (nothing)"))
        #expect(await shell("echo 17") { $0.matches = "^[0-9]+$" }.outcome == .pass)
    }

    /// Monitoring Plugins Development Guidelines, "Plugin Return Codes".
    @Test(arguments: [
        ("echo 'OK - load 0.1|load1=0.1;5;10'; exit 0", ProbeResult.Outcome.pass),
        ("echo 'WARNING - load 6'; exit 1", .pass),
        ("echo 'CRITICAL - load 12 | load1=12'; exit 2", .fail("CRITICAL - load 12")),
        ("echo 'UNKNOWN - no such host'; exit 3", .error("UNKNOWN - no such host")),
        ("exit 2", .fail("critical")),
        ("echo oops >&2; exit 127", .error("exit status 127, which no plugin may have: oops")),
    ])
    func pluginsOfNagiosAreUnderstood(script: String, outcome: ProbeResult.Outcome) async {
        #expect(await shell(script) { $0.isPlugin = true }.outcome == outcome)
    }

    @Test func aWarningOfAPluginIsShown() async {
        let result = await shell("echo 'WARNING - load 6 | load1=6'; exit 1") { $0.isPlugin = true }
        #expect(result.outcome == .pass)
        #expect(result.degraded == "WARNING - load 6")
    }

    @Test func secretsReachTheEnvironmentAndNoMessage() async throws {
        let reference = try #require(try Template("${credential:db}").secrets.first)
        let secrets = Secrets(known: [reference: "hunter2"])
        let variable = ExecCheck.Variable(
            name: "PGPASSWORD", value: try Template("${credential:db}"))
        let result = await probe(
            ["/bin/sh", "-c", "echo \"it is $PGPASSWORD\"; env >&2; exit 1"],
            environment: [variable], secrets: secrets)
        guard case .fail(let reason) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(!reason.contains("hunter2"), "\(reason)")
        #expect(result.body?.contains("hunter2") == false)
        #expect(result.body?.contains("it is") == true)
        let missing = await probe(["/bin/true"], environment: [variable])
        #expect(missing.outcome == .error("\(reference) is not there; check its name"))
    }

    @Test func theDaemonsOwnEnvironmentIsNotHandedOn() async throws {
        let path = ExecCheck.Variable(name: "PATH", value: Template(literal: "/own"))
        let result = await probe(
            ["/usr/bin/env"], environment: [path]
        ) { $0.matches = "(?s)^HOME=/\\nLANG=C.UTF-8\\nPATH=/own\\n$" }
        #expect(result.outcome == .pass)
    }

    @Test func theSameProgramCanBeAskedTwiceAtOnce() async {
        async let one = shell("sleep 0.2")
        async let two = shell("sleep 0.2")
        #expect(await [one, two].map(\.outcome) == [.pass, .pass])
    }
}
