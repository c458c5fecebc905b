// A statement goes on in the server when the psql that sent it is killed, and commits later: beside
// whatever the plan does next. Here nothing of it is left when its step is over.

import Glibc
import TestServers
import Testing
import WatchConfig
import WatchCore

@testable import WatchActions

@Suite(.timeLimit(.minutes(10))) struct SQLStatementTests {
    private func task(
        _ text: String, at address: String, timeout: Duration = .seconds(600)
    ) -> StepTask {
        StepTask(
            id: "t1", service: "shop", rollback: "shop-1-r1", title: "query",
            action: .sql(
                SQLQuery(
                    connection: Template(literal: address), text: Template(literal: text))),
            variables: [:], timeout: timeout)
    }

    /// An insert that only a cancellation ends in time; the server is what waits, not the test.
    private static let insert = "insert into t select 1 from pg_sleep(600)"

    private func expectNothingLeft(_ server: PostgresServer) async throws {
        let active =
            "select count(*) from pg_stat_activity where application_name = 'watchd' "
            + "and state = 'active'"
        #expect(try await server.query(active) == "0")
        #expect(try await server.query("select count(*) from t") == "0")
    }

    @Test func oneThatTakesTooLongIsCancelledInTheServer() async throws {
        let server = try await PostgresServer()
        try await server.query("create table t(n int)")
        let bench = try Bench(grace: .seconds(60))
        let result = await bench.result(
            of: task(Self.insert, at: server.address(), timeout: .seconds(2)))
        #expect(result.ending == .timedOut)
        #expect(result.output.contains("canceling statement"))
        try await expectNothingLeft(server)
    }

    /// How a step ended that something happened to while its psql was at work; nothing is left.
    private func ending(
        of happening: (StepRunner, Bench) throws -> Void
    ) async throws -> TaskResult.Ending {
        let server = try await PostgresServer()
        try await server.query("create table t(n int)")
        let bench = try Bench(grace: .seconds(60))
        let begun = try bench.fifo("begun")
        let (runner, answers) = bench.runner()
        runner.run(task("\\! echo > \(begun)\n\(Self.insert)", at: server.address()))
        _ = await bench.read(fifo: begun)
        try happening(runner, bench)
        let result = await answers.next("t1")
        try await expectNothingLeft(server)
        return result.ending
    }

    @Test func oneThatIsAbortedIsCancelledInTheServer() async throws {
        #expect(try await ending { runner, _ in runner.cancel(id: "t1") } == .cancelled)
    }

    @Test func oneWhoseShimWasKilledIsCancelledInTheServer() async throws {
        let ending = try await ending { _, bench in kill(try bench.claimedPID(), SIGKILL) }
        #expect(ending.reason.contains("died before it could record"))
    }

    /// Where nobody can cancel it any more, the server gives it up by itself.
    @Test func theServerKnowsHowLongAndForWhomItWorks() async throws {
        let server = try await PostgresServer()
        let bench = try Bench()
        let shown =
            "show statement_timeout; show client_connection_check_interval; show work_mem; "
            + "show default_transaction_read_only"
        let address = server.address() + "&options=-c%20work_mem%3D5MB&sslmode=prefer"
        let plain = await bench.result(of: task(shown, at: address))
        #expect(plain.ending == .exited(0))
        #expect(plain.output == "10min\n1s\n5MB\noff\n")
        let own = server.address() + "&options=-c%20statement_timeout%3D3s"
        var other = task(shown, at: own)
        other.id = "t2"
        #expect(await bench.result(of: other).output.hasPrefix("3s\n"))
        // What is wrong with a query is told by its own lines.
        var wrong = task("select 1;\nselect nope", at: server.address())
        wrong.id = "t3"
        #expect(await bench.result(of: wrong).output.contains(":2: ERROR"))
    }

    @Test func aPoolerThatRefusesTheLimitsIsExplained() async throws {
        // An ErrorResponse as PgBouncer's (PostgreSQL documentation, 55.7 and 55.8).
        let fields = ["SFATAL", "C08P01", "Munsupported startup parameter in options: x", ""]
        let body: [UInt8] = fields.flatMap { (field: String) -> [UInt8] in Array(field.utf8) + [0] }
        let pooler = try #require(
            ScriptedServer(readsRequest: false) { connection in
                connection.write([0x45, 0, 0, 0, UInt8(body.count + 4)] + body)
                connection.finishWriting()
                connection.hang()
            })
        defer { pooler.stop() }
        let address = "postgresql://u@\(pooler.address)/d?sslmode=disable&gssencmode=disable"
        let result = await (try Bench()).result(of: task("select 1", at: address))
        #expect(result.ending == .exited(2))
        #expect(result.output.contains("write the address of the server itself"))
    }

    // MARK: - Questions

    private func gate(_ text: String, at address: String) throws -> Action {
        let loaded = ConfigurationLoader.loadText(
            """
            services:
              shop:
                version: [{ symlink: /srv/shop/current }]
                rollback: { plan: back }
            plans:
              back:
                gates: [{ sql: "\(text)", database: "\(address)", timeout: 1m }]
                methods: [{ name: m, steps: [{ unit: x, timeout: 1m }] }]
                verify: {}
            """)
        return try #require(loaded.configuration?.plans.first?.gates.first).action
    }

    @Test func aGateCannotChangeAnything() async throws {
        let server = try await PostgresServer()
        try await server.query("create table t(n int); insert into t values (1)")
        // Nor where the address says otherwise.
        let free = server.address() + "&options=-c%20default_transaction_read_only%3Doff"
        for address in [server.address(), free] {
            let bench = try Bench()
            var asked = task("", at: address)
            asked.action = try gate("delete from t", at: address)
            let result = await bench.result(of: asked)
            #expect(result.ending == .exited(3))
            #expect(result.output.contains("in a read-only transaction"))
            #expect(try await server.query("select count(*) from t") == "1")
            asked.id = "t2"
            asked.action = try gate("select count(*) from t", at: address)
            #expect(await bench.result(of: asked).ending == .exited(0))
        }
    }
}
