// `${to.version}` in what is expected of an answer: the natural way to ask whether a release has
// landed.

import TestServers
import Testing
import WatchCore

@testable import WatchActions

@Suite(.timeLimit(.minutes(10))) struct ExpectedVariableTests {
    private static let variables = ["to.version": "1.9.0", "id": "d.1"]

    private func field(_ comparison: HTTPExpectation.Comparison) throws -> HTTPExpectation {
        HTTPExpectation(json: [.init(path: try JSONPath("$.v"), comparison: comparison)])
    }

    private func ask(
        _ expectation: HTTPExpectation, body: String = #"{"v":"1.9.0"}"#,
        variables: [String: String] = Self.variables
    ) async throws -> TaskResult {
        let bench = try Bench()
        let api = try #require(FakeAPI { _ in .answer(200, ["X-Release: r-1.9.0"], body) })
        return await bench.result(
            of: bench.http(
                HTTPCall(request: .get(api.url), expectation: expectation), variables: variables))
    }

    @Test func anAnswerIsComparedWithTheirValues() async throws {
        var header = HTTPExpectation()
        header.headers = [
            .init(name: "X-Release", comparison: .equals(.string("r-${to.version}")))
        ]
        let tree = JSONValue.array([.object(["is": .string("${to.version}")])])
        let good: [(HTTPExpectation, String)] = [
            (try field(.equals(.string("${to.version}"))), #"{"v":"1.9.0"}"#),
            (try field(.contains("v${to.version}-")), #"{"v":"v1.9.0-b1"}"#),
            (try field(.matches("^${to.version}$")), #"{"v":"1.9.0"}"#),
            (try field(.notEquals(.string("${to.version}"))), #"{"v":"2.0.0"}"#),
            (try field(.equals(tree)), #"{"v":[{"is":"1.9.0"}]}"#),
            (HTTPExpectation(contains: "now ${to.version}"), "it is now 1.9.0"),
            (HTTPExpectation(matches: "^v${to.version} "), "v1.9.0 is live"),
            (header, ""),
        ]
        for (expectation, body) in good {
            let result = try await ask(expectation, body: body)
            #expect(result.ending == .exited(0), "\(expectation)")
        }
    }

    @Test func anotherVersionIsNotTheExpectedOne() async throws {
        let bad: [(HTTPExpectation, String)] = [
            (try field(.equals(.string("${to.version}"))), #"{"v":"2.0.0"}"#),
            // In a pattern a dot of a version is a dot.
            (try field(.matches("^${to.version}$")), #"{"v":"1a9b0"}"#),
            (HTTPExpectation(contains: "now ${to.version}"), "it is now 2.0.0"),
        ]
        for (expectation, body) in bad {
            let result = try await ask(expectation, body: body)
            #expect(result.isNo == true, "\(expectation)")
            #expect(!result.ending.reason.contains("${"))
        }
    }

    @Test func whatHasNoValueIsNotAskedFor() async throws {
        let result = try await ask(try field(.equals(.string("${to.commit}"))))
        #expect(result.ending.reason.contains("${to.commit} has no value"))
    }

    @Test func aPollKnowsThemAndWhatTheAnswerGave() async throws {
        let bench = try Bench()
        for (state, ending) in [
            ("dep-1 1.9.0 live", TaskResult.Ending.exited(0)),
            ("dep-1 1.9.0 broken", .unexpected("")),
        ] {
            let api = try #require(
                FakeAPI { request in
                    .answer(200, [], request.method == "POST" ? #"{"id":"dep-1"}"# : state)
                })
            var call = HTTPCall(
                request: .post(api.url),
                poll: .init(
                    request: .get(api.url), every: .milliseconds(100),
                    until: HTTPExpectation(contains: "${deploy} ${to.version} live"),
                    failed: HTTPExpectation(contains: "${deploy} ${to.version} broken")))
            call.saves = [.json("deploy", "$.id")]
            let time = SteppingTime()
            let (runner, answers) = bench.runner(time: time, sleeper: time)
            runner.run(bench.http(call, id: state.hasSuffix("live") ? "t1" : "t2"))
            let result = await answers.next(state.hasSuffix("live") ? "t1" : "t2")
            if case .unexpected = ending {
                #expect(result.ending.reason.contains("it failed"))
            } else {
                #expect(result.ending == ending)
            }
        }
    }

    @Test func whatAProgramPrintsIsComparedWithTheirValues() async throws {
        let bench = try Bench()
        func result(
            _ id: String, _ script: String, _ change: (inout ProgramSettings) throws -> Void
        ) async throws -> TaskResult {
            var settings = ProgramSettings()
            try change(&settings)
            var task = bench.shell(script, id: id)
            task.action = .exec(
                ["/bin/sh", "-c", script].map { Template(literal: $0) }, settings)
            return await bench.result(of: task)
        }
        let contains = try await result("t1", "echo now 1.9.0") {
            $0.contains = "now ${to.version}"
        }
        #expect(contains.ending == .exited(0))
        let json = try await result("t2", #"echo '{"v":"1.9.0"}'"#) {
            $0.json = [
                .init(path: try JSONPath("$.v"), comparison: .equals(.string("${to.version}")))
            ]
            $0.matches = #""${to.version}""#
        }
        #expect(json.ending == .exited(0))
        let other = try await result("t3", "echo now 2.0.0") { $0.contains = "${to.version}" }
        #expect(other.isNo == true)
        let never = try await result("t4", "touch began") { $0.contains = "${to.commit}" }
        #expect(never.ending.reason.contains("${to.commit}"))
        #expect(!bench.exists("began"))
    }

    @Test func rowsAreComparedWithTheirValues() async throws {
        let server = try await PostgresServer()
        let bench = try Bench()
        let cases: [(SQLQuery.Expectation, Bool)] = [
            (.value(.equals(.string("${to.version}"))), true), (.rows(["${to.version}"]), true),
            (.value(.equals(.string("${id}"))), false), (.rows(["${id}"]), false),
        ]
        for (index, (expectation, isGood)) in cases.enumerated() {
            var task = bench.shell("", id: "q\(index)")
            task.variables = Self.variables
            task.action = .sql(
                SQLQuery(
                    connection: Template(literal: server.address()),
                    text: Template(literal: "select '1.9.0'"), expectation: expectation))
            let result = await bench.result(of: task)
            #expect((result.ending == .exited(0)) == isGood, "\(expectation)")
        }
    }
}
