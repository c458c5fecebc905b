// A secret that can be read when a step begins, and not when it has ended: a credential that is
// exchanged just then. What is known is judged all the same; only the words are kept back.

import Synchronization
import TestServers
import Testing
import WatchCore

@testable import WatchActions

struct UnreadableSecretTests {
    /// Gives the secret once.
    private final class OnceSecrets: SecretSource {
        private let asked = Mutex(0)
        private let value: String

        init(_ value: String) { self.value = value }

        func secret(_ reference: SecretReference) throws(SecretError) -> String {
            let before = asked.withLock { asked in
                defer { asked += 1 }
                return asked
            }
            guard before == 0 else { throw SecretError(message: "\(reference) is gone") }
            return value
        }
    }

    private func result(
        _ bench: Bench, of action: Action, secret: String
    ) throws -> TaskResult {
        var task = bench.shell("", id: "t1")
        task.action = action
        return try ExecStep(
            settings: bench.settings, secrets: OnceSecrets(secret),
            directory: try TaskDirectory("t1", in: bench.settings.directory),
            cancellation: Cancellation()
        ).perform(task)
    }

    private func program(
        _ script: String, _ change: (inout ProgramSettings) throws -> Void
    ) throws -> Action {
        var settings = ProgramSettings()
        settings.environment = [.init(name: "T", value: try Template("${credential:t}"))]
        try change(&settings)
        return .exec(["/bin/sh", "-c", script].map { Template(literal: $0) }, settings)
    }

    @Test func aWrongAnswerIsStillOne() throws {
        let bench = try Bench()
        let action = try program("echo \"$T is broken\"") { $0.contains = "is ready" }
        let result = try result(bench, of: action, secret: "s3cr3t-value")
        guard case .unexpected(let why) = result.ending else {
            Issue.record("\(result.ending)")
            return
        }
        #expect(result.isNo == true)
        #expect(why.contains("${credential:t} cannot be read"))
        #expect(!why.contains("s3cr3t") && !result.output.contains("s3cr3t"))
    }

    @Test func anotherExitStatusThanTheGoodOneIsStillOne() throws {
        let bench = try Bench()
        let result = try result(
            bench, of: try program("exit 0") { $0.exit = [3] }, secret: "s3cr3t-value")
        #expect(result.ending.reason.contains("unexpected"))
    }

    @Test func aGoodAnswerIsGoodAndItsValuesAreSaved() throws {
        let bench = try Bench()
        let action = try program("echo '{\"id\": \"dpl_1\"}'") {
            $0.saves = [.init(name: "id", source: .json(try JSONPath("$.id")))]
        }
        let result = try result(bench, of: action, secret: "s3cr3t-value")
        #expect(result.ending == .exited(0))
        #expect(result.saved == ["id": "dpl_1"])
        #expect(result.output.contains("withheld"))
    }

    @Test func aQueryIsComparedAndKeptAllTheSame() async throws {
        let server = try await PostgresServer()
        let address = try Template("${credential:db}")
        func asked(
            _ text: String, _ expect: SQLQuery.Expectation, capture: String? = nil
        ) throws -> TaskResult {
            try result(
                try Bench(),
                of: .sql(
                    SQLQuery(
                        connection: address, text: Template(literal: text), expectation: expect,
                        capture: capture)), secret: server.secretAddress())
        }
        #expect(try asked("select 2", .value(.equals(.number(3)))).ending.reason.contains("expect"))
        let kept = try asked("select 2", .value(.equals(.number(2))), capture: "two")
        #expect(kept.ending == .exited(0))
        #expect(kept.captured == ["two": "2"])
    }
}
