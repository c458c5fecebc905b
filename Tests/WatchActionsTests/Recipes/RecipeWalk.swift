// A recipe as it is installed, with the vendor's address replaced by that of a server of the
// test's, run step by step by the real runner.

import FoundationEssentials
import Synchronization
import Testing
import WatchConfig
import WatchCore

@testable import WatchActions

final class RecipeWalk: Sendable {
    static let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
    /// The programs of the recipes.
    static let recipes = root + "/etc/watchd/recipes"

    /// What the service says of itself.
    private static let vars = [
        "project": "prj_CHANGE_ME", "team": "team_CHANGE_ME", "repository": "shop",
        "render": "srv-CHANGE_ME", "neon": "CHANGE-ME-12345678", "environment": "production",
    ]

    let plan: Plan
    let time = SteppingTime()
    private let bench: Bench
    private let count = Counter()
    private let known: Mutex<[String: String]>

    /// - Parameter places: what stands in the file, and what stands for it here.
    init(
        _ name: String, _ places: [String: String], secrets: [String: String],
        variables: [String: String] = [:]
    ) throws {
        let path = "\(Self.root)/etc/watchd/plans/\(name).yaml"
        var text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        for (place, stand) in places {
            try #require(text.contains(place))
            text = text.replacing(place, with: stand)
        }
        text = text.replacing("/usr/lib/watchd/recipes", with: Self.recipes)
        // Programs that ask again and again do so without a pause.
        bench = try Bench(secrets: secrets)
        text = text.replacing(/EVERY: "\d+"/, with: #"EVERY: "0""#)
        let programs = try Self.timeless(in: bench.root)
        text = text.replacing("env: { ", with: "env: { PATH: \"\(programs):/usr/bin:/bin\", ")
        let service = """
            services:
              shop:
                version:
                  - http: https://shop.example.com/api/version
                    json: { version: $.version, commit: $.commit, deployment: $.deployment }
                vars: { \(Self.vars.map { "\($0): \($1)" }.sorted().joined(separator: ", ")) }
                rollback: { plan: \(name) }
            access: { operate: [ops], approve: { cto: [board] } }

            """
        let result = ConfigurationLoader.loadText(service + text)
        plan = try #require(result.configuration?.plans.first, "\(result.diagnostics)")
        let own = Self.vars.map { ("vars.\($0)", $1) }
        known = Mutex(
            [
                "service": "shop", "incident": "shop-17", "from.version": "2.0.0",
                "to.version": "1.9.0", "from.commit": "b90de38", "to.commit": "b7920c6",
            ].merging(own) { $1 }.merging(variables) { $1 })
    }

    /// Of programs: a `sleep` that writes down how long it is to be, and is over at once.
    private static func timeless(in directory: String) throws -> String {
        let program = "#!/bin/sh\necho \"$1\" >>'\(directory)/slept'\n"
        try Data(program.utf8).write(to: URL(filePath: directory + "/sleep"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: directory + "/sleep")
        return directory
    }

    /// How long the recipes' programs waited because they were told to, in seconds.
    var waited: [String] {
        let all = (try? Data(contentsOf: URL(filePath: bench.root + "/slept"))) ?? Data()
        return String(decoding: all, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { $0 != "0" }
    }

    func method(_ name: String) throws -> WatchCore.Method {
        try #require(plan.methods.first { $0.name == name })
    }

    func run(_ action: Action, timeout: Duration = .minutes(1)) async -> TaskResult {
        let task = StepTask(
            id: "t\(count.next())", service: "shop", rollback: "shop-17-r1", title: "step",
            action: action, variables: known.withLock { $0 }, timeout: timeout)
        let (runner, answers) = bench.runner(time: time, sleeper: time)
        runner.run(task)
        let result = await answers.next(task.id)
        known.withLock { $0.merge(result.saved ?? [:]) { $1 } }
        return result
    }

    /// Up to the first that fails and matters.
    func run(_ steps: [Step]) async -> [TaskResult] {
        var results: [TaskResult] = []
        for step in steps {
            results.append(await run(step.action, timeout: step.timeout))
            if results.last?.succeeded == false, step.onFailure == .stop { break }
        }
        return results
    }

    /// What an earlier step saved, or was given.
    subscript(name: String) -> String? { known.withLock { $0[name] } }

    /// All of them, up to the first that does not say go.
    func gates() async -> [TaskResult] {
        var results: [TaskResult] = []
        for gate in plan.gates {
            results.append(await run(gate.action, timeout: gate.timeout))
            if results.last?.succeeded == false { break }
        }
        return results
    }

    func gate() async -> TaskResult {
        guard let gate = plan.gates.first else { return TaskResult(ending: .unknown("no gate")) }
        return await run(gate.action, timeout: gate.timeout)
    }
}
