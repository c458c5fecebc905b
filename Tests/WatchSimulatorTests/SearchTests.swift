// The search sees all of a small world, and what is broken in it.

import Testing
import WatchCore

@testable import WatchSimulator

@Suite struct SearchTests {
    private func scene(_ name: String) throws -> SearchScene {
        try #require(SearchScene.all.first { $0.name == name })
    }

    @Test(arguments: ["rollback", "walk-back", "handed over"])
    func aSmallWorldIsSeenWhole(_ name: String) throws {
        let outcome = Search(try scene(name), limit: 10_000).run()
        #expect(outcome.broken == nil, "\(String(describing: outcome.broken))")
        #expect(outcome.isClosed)
        #expect(outcome.states > 100 && outcome.transitions > outcome.states)
    }

    @Test func whatDoesNotCloseIsSaid() throws {
        let outcome = Search(try scene("rollback"), limit: 50).run()
        #expect(!outcome.isClosed)
    }

    /// A policy under which nothing is paged breaks the rule that somebody hears of what was to be
    /// paged: the search must see it, and say how.
    @Test func aBrokenRuleIsFoundWithItsPath() throws {
        var scene = try scene("rollback")
        scene.configuration.policy[.critical]?.action = .page
        scene.configuration.routes = []
        let outcome = Search(scene, limit: 10_000).run()
        let broken = try #require(outcome.broken)
        #expect(broken.violation.rule == "every-incident-is-paged")
        #expect(broken.path.contains("bad"))
    }
}
