// Queries of a real PostgreSQL: rows, values, what was captured before, and what goes wrong.

import TestServers
import Testing
import WatchCore

@testable import WatchActions

@Suite(.timeLimit(.minutes(10))) struct SQLStepTests {
    private func task(
        _ text: String, at address: Template?, id: String,
        expect: SQLQuery.Expectation = .any, capture: String? = nil,
        captures: [String: String]? = nil
    ) throws -> StepTask {
        var task = StepTask(
            id: id, service: "shop", rollback: "shop-1-r1", title: "query",
            action: .sql(
                SQLQuery(
                    connection: address, text: try Template(text), expectation: expect,
                    capture: capture)),
            variables: ["to.version": "1.9.0"], timeout: .seconds(600))
        task.captures = captures
        return task
    }

    @Test func rowsAndValuesAreCompared() async throws {
        let server = try await PostgresServer()
        let here = Template(literal: server.address())
        try await server.query(
            "create table users(id int primary key, name text); "
                + "insert into users values (1, 'ann'), (2, null)")
        let bench = try Bench()
        let cases: [(text: String, expect: SQLQuery.Expectation, ending: TaskResult.Ending)] = [
            ("select id, name from users order by id", .rows(["1|ann", "2|"]), .exited(0)),
            (
                "select id from users order by id desc", .rows(["1", "2"]),
                .unexpected("row 1 is '2', expected '1'")
            ),
            (
                "select id from users order by id", .rows(["1", "2", "3"]),
                .unexpected("row 3 is no row, expected '3' (2 rows, expected 3)")
            ),
            ("select count(*) from users", .value(.greaterOrEqual(2)), .exited(0)),
            (
                "select count(*) from users", .value(.equals(.number(3))),
                .unexpected("the value is 2, expected 3")
            ),
            (
                "select exists(select from users where id = 2)", .value(.equals(.bool(true))),
                .exited(0)
            ),
            // Quoted in the configuration, it is a text there.
            ("select 1 > 2", .value(.equals(.string("false"))), .exited(0)),
            ("select 1 < 2", .value(.equals(.string("true"))), .exited(0)),
            ("select id from users where id = 9", .value(.absent), .exited(0)),
            ("select '${to.version}'", .value(.equals(.string("1.9.0"))), .exited(0)),
            (
                "select id from users", .value(.equals(.number(1))),
                .unexpected("2 rows, expected one value; write a list to compare rows")
            ),
            ("select no_such_column from users", .any, .exited(3)),
            // Nothing of what came before the error is left.
            ("begin; delete from users; select 1/0; commit", .any, .exited(3)),
            ("select count(*) from users", .rows(["2"]), .exited(0)),
        ]
        for (index, one) in cases.enumerated() {
            let result = await bench.result(
                of: try task(one.text, at: here, id: "q\(index)", expect: one.expect))
            #expect(result.ending == one.ending, "\(one.text): \(result.output)")
            // A wrong answer is a no; a query that failed is none.
            let isWrong = if case .unexpected = one.ending { true } else { false }
            #expect((result.isNo ?? false) == isWrong, "\(one.text)")
        }
    }

    @Test func aResultIsComparedWithOneCapturedBefore() async throws {
        let server = try await PostgresServer()
        let here = Template(literal: server.address())
        try await server.query("create table t(n int); insert into t select generate_series(1, 5)")
        let bench = try Bench()
        let count = "select count(*), sum(n) from t"
        let before = await bench.result(of: try task(count, at: here, id: "b", capture: "counts"))
        #expect(before.captured == ["counts": "5|15"])
        let same = await bench.result(
            of: try task(
                count, at: here, id: "s", expect: .same(as: "counts"), captures: before.captured))
        #expect(same.ending == .exited(0))
        try await server.query("delete from t where n = 3")
        let other = await bench.result(
            of: try task(
                count, at: here, id: "o", expect: .same(as: "counts"), captures: before.captured))
        #expect(
            other.ending
                == .unexpected(
                    "it is not as captured in 'counts': row 1 is '4|12', expected '5|15'"))
        let never = await bench.result(
            of: try task(count, at: here, id: "n", expect: .same(as: "counts")))
        #expect(never.ending.reason.contains("nothing was captured as 'counts'"))
        #expect(never.isNo == nil)
        let long = await bench.result(
            of: try task("select repeat('x', 20000)", at: here, id: "l", capture: "all"))
        #expect(long.ending.reason.contains("let the query count or hash"))
    }

    @Test func thePasswordIsNoArgumentAndIsToldNobody() async throws {
        let server = try await PostgresServer()
        let bench = try Bench(secrets: [
            "db": server.secretAddress(),
            "wrong": "postgresql://postgres:nono@127.0.0.1:\(server.port)/x",
            "nourl": "host=127.0.0.1 password=abc",
        ])
        let good = await bench.result(
            of: try task(
                "\\! tr '\\0' ' ' </proc/$PPID/cmdline\nselect 'in'",
                at: try Template("${credential:db}"), id: "g"))
        #expect(good.ending == .exited(0))
        #expect(good.output.contains("in"))
        #expect(good.output.contains("postgres@127.0.0.1"))
        #expect(!good.output.contains(PostgresServer.password))
        let wrong = await bench.result(
            of: try task("select 1", at: try Template("${credential:wrong}"), id: "w"))
        #expect(wrong.ending == .exited(2))
        #expect(wrong.output.contains("password authentication failed"))
        #expect(!wrong.output.contains("nono"))
        let none = await bench.result(
            of: try task("select 1", at: try Template("${credential:nourl}"), id: "n"))
        #expect(none.ending.reason.contains("is no URL of PostgreSQL"))
        #expect(!none.ending.reason.contains("abc"))
    }
}
