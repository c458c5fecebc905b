// The program itself, run against a real server: exit statuses and output are a contract.

import Foundation
import TestServers
import Testing
import WatchCore
import WatchSystem

@testable import WatchControl

@Suite(.enabled(if: runsAsRoot, "root may act without groups")) struct WatchctlTests {
    private func run(_ server: RunningServer, _ arguments: String...) async throws -> ProgramResult
    {
        try await watchctl(arguments + ["--socket", server.path])
    }

    @Test func statusExitsWithOneOnlyWhileAnIncidentIsOpenAndNotCured() async throws {
        try await withServer { server in
            let bad = try await run(server, "status")
            #expect(bad.status == 1)
            #expect(bad.output.contains("✖ breached"))
            #expect(bad.output.contains("would roll back to 1.9.0"))
            #expect(!bad.output.contains("\u{1B}"))
            #expect(try await run(server, "status", "blog").status == 0)
            var report = Fixtures.report
            let states: [(IncidentState, Int32)] = [
                (.open, 1), (.awaitingApproval, 1), (.rollingBack, 1), (.verifying, 1),
                (.handedOver, 1), (.recovered, 0), (.cleared, 0), (.closed, 0),
            ]
            for (state, status) in states {
                report.services[0].incident?.state = state
                server.backend.set(report: report)
                #expect(try await run(server, "status").status == status, "\(state)")
            }
        }
    }

    @Test func jsonIsTheDaemonsOwn() async throws {
        try await withServer { server in
            let all = try await run(server, "status", "--json")
            #expect(all.status == 1)
            #expect(
                try WireJSON.decode(StatusReport.self, from: Array(all.output.utf8))
                    == Fixtures.report)
            let incident = try await run(server, "incident", "shop-17", "--json")
            #expect(
                try WireJSON.decode(IncidentDetail.self, from: Array(incident.output.utf8))
                    .incident == Fixtures.incident)
        }
    }

    /// Once in some hundred runs libcurl's thread met the end of OpenSSL: a SIGSEGV after the
    /// answer, which scripts take for a failure.
    @Test func noRunEndsInASignal() async throws {
        try await withServer { server in
            await withTaskGroup(of: Int32?.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<25 {
                            let result = try? await run(server, "status", "blog")
                            if result?.status != 0 { return result?.status }
                        }
                        return 0
                    }
                }
                for await status in group { #expect(status == 0) }
            }
        }
    }

    @Test func aReasonIsNeverCutHoweverNarrowTheTerminal() async throws {
        try await withServer { server in
            var event = Fixtures.event(1, incident: "shop-17")
            event.text = Array(repeating: "because", count: 40).joined(separator: " ") + " finally"
            server.backend.append(event)
            let result = try await run(server, "incident", "shop-17")
            #expect(result.output.contains("finally"))
            #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
        }
    }

    @Test func everyQuestionIsAnswered() async throws {
        try await withServer { server in
            server.backend.append(Fixtures.event(1, incident: "shop-17"))
            let questions: [([String], String)] = [
                (["incidents"], "rolling-back"), (["incident", "shop-17"], "method symlink"),
                (["explain", "shop/5xx storm"], "error_rate(access, 2m)"),
                (["events"], "event 1 of shop"), (["events", "--incident", "shop-17"], "event 1"),
                (["deliveries"], "ops-chat"), (["releases"], "last known good"),
                (["releases", "shop"], "1.8.7"),
            ]
            for (question, text) in questions {
                let result = try await watchctl(question + ["--socket", server.path])
                #expect(result.status == 0, "\(question): \(result.errors)")
                #expect(result.output.contains(text), "\(question): \(result.output)")
            }
        }
    }

    @Test func everyActReachesTheDaemon() async throws {
        let acts: [([String], Command)] = [
            (
                ["ack", "shop-17", "--comment", "on it"],
                .acknowledge(incident: "shop-17", comment: "on it")
            ),
            (["resolve", "shop-17"], .resolve(incident: "shop-17", comment: "")),
            (["false-alarm", "shop-17"], .falseAlarm(incident: "shop-17", comment: "")),
            (
                ["declare", "shop", "--severity", "high", "--reason", "slow"],
                .declare(service: "shop", severity: .high, reason: "slow")
            ),
            (
                ["rollback", "shop", "--to", "1.9.0", "--reason", "bad", "--force"],
                .rollback(service: "shop", to: "1.9.0", reason: "bad", dryRun: false, force: true)
            ),
            (
                ["rollback", "shop", "--dry-run"],
                .rollback(service: "shop", to: nil, reason: "", dryRun: true, force: false)
            ),
            (
                [
                    "rollback", "shop", "--at", "2099-11-27T03:00:00Z", "--to", "1.9.0",
                    "--reason", "quiet hour", "--force",
                ],
                .schedule(
                    ScheduleRequest(
                        service: "shop", at: .seconds(4_099_431_600), to: "1.9.0",
                        reason: "quiet hour", isForced: true))
            ),
            (["abort", "shop-17-r1"], .abort(rollback: "shop-17-r1", reason: "")),
            (
                [
                    "deploy", "shop", "--version", "2.1.0", "--commit", "abc", "--field",
                    "deployment=17", "--field", "by=ci",
                ],
                .announce(
                    service: "shop", release: ReleaseIdentity(version: "2.1.0", commit: "abc"),
                    fields: ["deployment": "17", "by": "ci"])
            ),
            (["arm", "--reason", "ready"], .arm(service: nil, reason: "ready")),
            (
                ["disarm", "shop", "--for", "2h", "--reason", "work"],
                .disarm(service: "shop", for: .hours(2), reason: "work")
            ),
            (
                ["releases", "mark-bad", "1.8.7", "--service", "shop"],
                .mark(service: "shop", version: "1.8.7", .bad, reason: "")
            ),
            (
                ["releases", "mark-good", "1.8.7"],
                .mark(service: "shop", version: "1.8.7", .good, reason: "")
            ),
        ]
        try await withServer { server in
            for (arguments, command) in acts {
                let result = try await watchctl(arguments + ["--socket", server.path])
                #expect(result.status == 0, "\(arguments): \(result.errors)")
                #expect(server.backend.commands.last?.0 == command, "\(arguments)")
            }
            #expect(try await run(server, "reload").output == "reloaded by root\n")
        }
    }

    @Test func aRefusalExitsWithFourAndSaysWhy() async throws {
        try await withServer { server in
            server.backend.set(
                reply: CommandReply(
                    status: .refused, reason: "no-known-good", message: "nothing to go back to"))
            let result = try await run(server, "rollback", "shop")
            #expect(result.status == 4)
            #expect(result.errors.contains("refused (no-known-good): nothing to go back to"))
            let json = try await run(server, "rollback", "shop", "--json")
            #expect(json.output.contains(#""code":"no-known-good""#))
        }
    }

    /// The gates' answer is the answer to whoever asked.
    @Test func aRollbackThatAGateRefusesExitsWithFourAndSaysWhy() async throws {
        try await withServer { server in
            server.backend.set(
                reply: CommandReply(
                    status: .done, message: "rollback shop-17-r1 has begun", incident: "shop-17",
                    rollback: "shop-17-r1"))
            var incident = Fixtures.incident
            incident.reason = "gate-blocked:migration"
            incident.rollbacks[0].steps.removeLast(2)
            incident.rollbacks[0].state = .aborted
            incident.rollbacks[0].ended = Fixtures.now
            incident.rollbacks[0].note = "gate migration exit status 10: the schema is newer"
            server.backend.set(incident: incident)
            let result = try await run(server, "rollback", "shop")
            #expect(result.status == 4)
            #expect(
                result.errors.contains(
                    "refused (gate-blocked:migration): gate migration exit status 10: the schema "
                        + "is newer"))
            let json = try await run(server, "rollback", "shop", "--json")
            #expect(json.status == 4)
            #expect(json.output.contains(#""code":"gate-blocked:migration""#))
            #expect(json.output.contains(#""rollback":"shop-17-r1""#))
            let hasty = try await run(server, "rollback", "shop", "--no-wait")
            #expect(hasty.status == 0)
        }
    }

    @Test func aRollbackThatGoesOnExitsWithNought() async throws {
        try await withServer { server in
            server.backend.set(
                reply: CommandReply(
                    status: .done, message: "rollback shop-17-r1 has begun", incident: "shop-17",
                    rollback: "shop-17-r1"))
            let result = try await run(server, "rollback", "shop")
            #expect(result.status == 0)
            #expect(
                result.output
                    == "rollback shop-17-r1 has begun\nFollow it with: watchctl incident shop-17\n"
                    + "shop-17-r1: nothing forbids it, it has begun\n")
            let json = try await run(server, "rollback", "shop", "--json")
            #expect(json.status == 0)
            #expect(
                try WireJSON.decode(CommandReply.self, from: Array(json.output.utf8)).rollback
                    == "shop-17-r1")
        }
    }

    @Test func whatADryRunFoundInTheWayExitsWithFourToo() async throws {
        try await withServer { server in
            server.backend.set(
                reply: CommandReply(
                    status: .done, reason: "gate-blocked:db", message: "would not roll shop back",
                    plan: ["gate db: ask"]))
            let result = try await run(server, "rollback", "shop", "--dry-run")
            #expect(result.status == 4)
            #expect(result.output == "would not roll shop back\n  gate db: ask\n")
        }
    }

    @Test func mistakesOfAConfigurationKeepTheirLines() async throws {
        let mistake = "/etc/watchd.yaml:5:11: error: '10x' is no duration\n    bake: 10x"
        try await withServer { server in
            server.backend.set(
                reply: CommandReply(
                    status: .refused, reason: "invalid-configuration",
                    message: "nothing was changed:\n"
                        + Array(repeating: mistake, count: 30).joined(separator: "\n")))
            let result = try await run(server, "rollback", "shop")
            #expect(result.errors.components(separatedBy: "\n" + mistake).count == 31)
        }
    }

    @Test func answersToAnOfferReachTheEngineAndARefusalExitsWithFour() async throws {
        try await withServer { server in
            let method = ["approve", "shop-17", "--method", "restore", "--comment", "do it"]
            #expect(try await watchctl(method + ["--socket", server.path]).status == 0)
            #expect(try await run(server, "approve", "shop-17").status == 0)
            #expect(try await run(server, "deny", "shop-17", "--comment", "no").status == 0)
            #expect(try await run(server, "hold", "shop-17", "--for", "5m").status == 0)
            #expect(
                server.backend.commands.map(\.0) == [
                    .approve(incident: "shop-17", method: "restore", comment: "do it"),
                    .approve(incident: "shop-17", method: nil, comment: ""),
                    .deny(incident: "shop-17", comment: "no"),
                    .hold(incident: "shop-17", for: .minutes(5), comment: ""),
                ])
            server.backend.set(
                reply: CommandReply(
                    status: .refused, reason: "role-needed", message: "it needs the role cto"))
            let refused = try await run(server, "approve", "shop-17")
            #expect(refused.status == 4)
            #expect(refused.errors.contains("refused (role-needed): it needs the role cto"))
            #expect(try await run(server, "hold", "shop-17").status == 2)
            #expect(try await run(server, "hold", "shop-17", "--for", "soon").status != 0)
        }
    }

    @Test func missingRightsExitWithFourAndTheCommandThatHelps() async throws {
        try await withServer(access: Access(operate: ["daemon"]), group: "nogroup") { server in
            let program = try program("watchctl").path
            let copy = URL(fileURLWithPath: server.path).deletingLastPathComponent().path + "/ctl"
            // By another process: a program that this one has open for writing cannot be run, and
            // what is started at that moment inherits it for an instant.
            #expect(try await runProgram("/bin/cp", [program, copy]).status == 0)
            let other = ["--reuid=65534", "--regid=65534", "--clear-groups", copy]
            let reload = try await runProgram(
                "/usr/bin/setpriv", other + ["reload", "--socket", server.path])
            #expect(reload.status == 4, "\(reload.errors)")
            #expect(reload.errors.contains("usermod -aG daemon nobody"))
            let stranger = ["--reuid=1", "--regid=1", "--clear-groups", copy]
            let status = try await runProgram(
                "/usr/bin/setpriv", stranger + ["status", "--socket", server.path])
            #expect(status.status == 3)
            #expect(status.errors.contains("members of group watchd may"))
        }
    }

    @Test func whatCannotBeFoundOutExitsWithThree() async throws {
        try await withServer { server in
            let service = try await run(server, "status", "shpo")
            #expect(service.status == 3)
            #expect(service.errors.contains("there are: shop, blog"))
            #expect(try await run(server, "incident", "shop-99").status == 3)
            #expect(try await run(server, "explain", "shop/6xx").errors.contains("5xx storm"))
            server.backend.failStore()
            #expect(try await run(server, "incidents").status == 3)
        }
        let nobody = try await watchctl(["status", "--socket", "/tmp/watchd-test-none.sock"])
        #expect(nobody.status == 3)
        #expect(nobody.errors.contains("systemctl start watchd"))
        let variable = try await watchctl(
            ["status"], environment: ["WATCHD_SOCKET": "/tmp/watchd-test-variable.sock"])
        #expect(variable.errors.contains("watchd-test-variable.sock"))
    }

    @Test func wrongUsageExitsWithTwoAndHelpWithZero() async throws {
        for arguments in [
            [], ["top"], ["status", "--nonsense"], ["arm"], ["explain", "shop"], ["config"],
            ["declare", "shop", "--severity", "bad", "--reason", "x"],
            ["disarm", "--for", "soon", "--reason", "x"], ["test-channel"],
            ["deploy", "shop", "--version", "1", "--field", "nothing"],
        ] {
            #expect(try await watchctl(arguments).status == 2, "\(arguments)")
        }
        for arguments in [["--help"], ["status", "--help"], ["help"], ["releases", "--help"]] {
            let result = try await watchctl(arguments)
            #expect(result.status == 0, "\(arguments)")
            #expect(result.output.contains("USAGE"))
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
    func coloursAreForTerminalsOnly() async throws {
        try await withServer { server in
            let command = "\(try program("watchctl").path) status --socket \(server.path)"
            func onTerminal(_ command: String, _ environment: [String: String] = [:]) async throws
                -> String
            {
                try await runProgram(
                    "/usr/bin/script", ["-qec", "stty cols 70; \(command)", "/dev/null"],
                    environment: environment
                ).output
            }
            let coloured = try await onTerminal(command)
            #expect(coloured.contains("\u{1B}[1;31m✖ breached\u{1B}[0m"))
            #expect(!(try await onTerminal(command + " --no-color")).contains("\u{1B}[1;31m"))
            let plain = try await onTerminal(command, ["NO_COLOR": "1"])
            #expect(!plain.contains("\u{1B}[1;31m"))
            for line in plain.split(whereSeparator: \.isNewline) { #expect(line.count <= 70) }
        }
    }

    @Test func followPrintsWhatHappensAndEndsWithTheDaemon() async throws {
        let follower = ChildProcess()
        let (ended, end) = AsyncStream<Void>.makeStream()
        try await withServer { server in
            server.backend.append(Fixtures.event(1))
            let pipe = Pipe()
            let (pieces, piece) = AsyncStream<String>.makeStream()
            pipe.fileHandleForReading.readabilityHandler = {
                piece.yield(String(decoding: $0.availableData, as: UTF8.self))
            }
            follower.executableURL = try program("watchctl")
            follower.arguments = ["events", "--follow", "--json", "--socket", server.path]
            follower.standardOutput = pipe
            follower.standardError = FileHandle.nullDevice
            follower.terminationHandler = { _ in end.finish() }
            try follower.run()
            for await _ in server.backend.followed { break }
            server.backend.append(Fixtures.event(2))
            var text = ""
            for await piece in pieces {
                text += piece
                if text.contains("event 2 of shop") { break }
            }
            #expect(text.split(separator: "\n").count == 2)
            pipe.fileHandleForReading.readabilityHandler = nil
        }
        for await _ in ended {}
        #expect(follower.terminationStatus == 3)
    }
}
