// A plan in a drill has other credentials and nothing else is different.

import Testing

@testable import WatchCore

@Suite struct DrillTextsTests {
    private let drill = Drill(service: "copy", credentials: ["db": "copy-db"])

    private func request(_ url: String) -> HTTPRequestSpec {
        var request = HTTPRequestSpec(
            method: "POST", url: World.template(url),
            headers: [.init(name: "Authorization", value: World.template("${credential:db}"))],
            body: World.template("${credential:db}"))
        request.form = [.init(name: "a", value: World.template("${credential:db}"))]
        request.proxy = World.template("${credential:db}")
        request.basic = .init(
            user: World.template("${credential:db}"), password: World.template("${credential:db}"))
        request.clientCertificate = .init(
            certificate: "/x", key: World.template("${credential:db}"))
        return request
    }

    private var plan: Plan {
        var settings = ProgramSettings()
        settings.environment = [.init(name: "A", value: World.template("${credential:db}"))]
        settings.input = World.template("${credential:db}")
        settings.directory = World.template("/x/${credential:db}")
        let poll = HTTPCall.Poll(
            request: request("https://a/${deploy}"), every: .seconds(1), until: HTTPExpectation())
        let call = HTTPCall(request: request("https://${vars.host}/${credential:db}"), poll: poll)
        let query = SQLQuery(
            connection: World.template("${credential:db}"), text: World.template("select 1"))
        func step(_ action: Action) -> Step {
            Step(name: "s", action: action, timeout: .seconds(1), check: action)
        }
        let program = Action.exec([World.template("/bin/x")], settings)
        var method = Method(name: "m", steps: [step(.http(call)), step(.sql(query))])
        method.check = program
        var undo = Method(name: "u", steps: [])
        undo.phases = .init(
            operation: "o",
            phases: [.init(name: "a", undo: [step(program)]), .init(name: "b", undo: nil)])
        return Plan(
            name: "shop", gates: [Gate(name: "g", action: program, timeout: .seconds(1))],
            before: [step(program), step(.unit(name: "u", with: World.template("${service}")))],
            methods: [method, undo], after: [step(.sql(query)), step(.wait(.seconds(1)))],
            verify: Verify())
    }

    @Test func everyCredentialIsAnotherWhereverItStands() {
        let secrets = plan.rehearsed(with: drill).actions.flatMap(\.templates).flatMap(\.secrets)
        #expect(!secrets.isEmpty)
        #expect(Set(secrets) == [.credential("copy-db")])
        #expect(secrets.count == plan.actions.flatMap(\.templates).flatMap(\.secrets).count)
    }

    @Test func nothingElseIs() {
        let none = Drill(service: "copy")
        #expect(plan.rehearsed(with: none) == plan)
        let sources = plan.rehearsed(with: drill).actions.flatMap(\.templates).map(\.source)
        let before = plan.actions.flatMap(\.templates).map(\.source)
        #expect(
            sources
                == before.map { $0.replacing("${credential:db}", with: "${credential:copy-db}") })
    }

    /// The doctor asks for the hosts and the secrets of both.
    @Test func whatAPlanNeedsIsKnownOfEachServiceItRunsOn() {
        var shop = World.service("shop")
        shop.vars = ["host": "shop.example.com"]
        var copy = World.service("copy")
        copy.plan = nil
        copy.vars = ["host": "copy.example.com"]
        var plan = plan
        plan.drill = drill
        let configuration = Configuration(services: [shop, copy], plans: [plan])
        let texts = configuration.actions(of: plan).flatMap(\.templates).map(\.source)
        #expect(texts.contains("https://shop.example.com/${credential:db}"))
        #expect(texts.contains("https://copy.example.com/${credential:copy-db}"))
        #expect(texts.contains("copy"))
    }
}
