// The right version with rows missing is not what a method was to bring back: a step that only asks
// and gets another answer than the expected one counts more than what version sources read.

import Testing

@testable import WatchCore

@Suite struct WrongAnswerTests {
    private static let query = Action.sql(
        SQLQuery(
            connection: nil, text: Template(literal: "select count(*) from orders"),
            expectation: .same(as: "orders")))

    private func world(
        asking action: Action = query, onFailure: Step.OnFailure = .stop,
        says: TaskResult.Ending = .unexpected("row 1 is '4', expected '5'"),
        next: Method? = Method(
            name: "restore", loses: "what was written since", approve: "cto",
            steps: [World.step("restore")])
    ) -> World {
        let rows = Step(
            name: "no row is lost", action: action, timeout: .seconds(10), onFailure: onFailure)
        let methods = [Method(name: "undo", steps: [World.step("activate"), rows]), next]
            .compactMap { $0 }
        let world = World(
            World.configuration(plan: World.plan(methods: methods, after: [World.step("open")])))
        world.answer = { world, task in
            task.title == "method undo: no row is lost"
                ? TaskResult(ending: says) : world.obey(task)
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        return world
    }

    @Test func rowsThatAreMissingAreHandedOverAlthoughTheVersionIsTheRightOne() {
        let world = world()
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        #expect(world.version == "1.0.0")
        #expect(world.incident?.reason == "not-landed")
        #expect(world.kinds("verify.landed").isEmpty)
        #expect(world.tasks.map(\.title).contains("after: open"))
        let page = world.messages.last { $0.message.kind == .page }?.message.text ?? ""
        #expect(page.contains("'no row is lost' says otherwise: row 1 is '4', expected '5'"))
        #expect(world.incident?.offer?.ways.map(\.method) == ["restore"])
        #expect(world.state.book.standing(of: ReleaseIdentity(version: "2.0.0")) != .bad)
    }

    @Test func theNextMethodThatMayRunIsTaken() {
        let world = world(next: Method(name: "again", steps: [World.step("activate")]))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.last == "method again: activate")
    }

    @Test func aRequestThatOnlyReadsIsAQuestionToo() {
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/counts"))
        let world = world(asking: .http(HTTPCall(request: request)))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
    }

    /// A step that acts may have failed to say that it succeeded: verification, which only reads,
    /// tells; and a question that may fail has no say.
    @Test func whatVerificationFindsCountsForOtherSteps() {
        let worlds = [
            world(asking: .unit(name: "restart", with: nil), says: .exited(1)),
            world(onFailure: .continue),
        ]
        for world in worlds {
            #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        }
    }
}
