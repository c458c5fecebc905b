// Who may approve a rollback, until when, and what follows: policy, trigger, plan and access.

import Testing
import WatchConfig
import WatchCore

@Suite struct ApprovalConfigurationTests {
    private func text(
        policy: String = "{}", access: String = "{ approve: { cto: [board], any-admin: [ops] } }",
        trigger: String = "", method: String = "", plan: String = ""
    ) -> String {
        """
        services:
          shop:
            probes: { health: { http: "http://127.0.0.1/", every: 5s } }
            version: [ { file: /srv/version } ]
            triggers:
              - { name: down, when: "failing(health) > 50%", severity: critical\(trigger) }
            rollback: { plan: back }
        policy: \(policy)
        access: \(access)
        channels: { chat: { slack: "http://127.0.0.1/" } }
        routes: { oncall: [ { to: [chat] } ], team: [ { to: [chat] } ] }
        plans:
          back:
            methods:
              - { name: link, steps: [ { unit: u, timeout: 1s } ]\(method) }
            verify: {}\(plan)
        """
    }

    private func read(_ text: String) throws -> Configuration {
        let result = ConfigurationLoader.loadText(text)
        #expect(result.remarks.isEmpty, "\(result.diagnostics)")
        return try #require(result.configuration)
    }

    @Test func everythingAboutApprovalsIsRead() throws {
        let configuration = try read(
            text(
                policy: "{ critical: { approve: cto, approve_within: 10m, on_timeout: rollback } }",
                trigger: ", page: team, approve_within: 5m, on_timeout: hold",
                method: ", changes: flag, check: { exec: [/usr/bin/is-off] }",
                plan: "\n    walk_back: 1"))
        let policy = configuration.policy(.critical)
        #expect(policy.approve == "cto")
        #expect(policy.approveWithin == .minutes(10))
        #expect(policy.onTimeout == .rollback)
        #expect(policy.respondWithin == .minutes(5))
        let trigger = configuration.services[0].triggers[0]
        #expect(trigger.page == "team")
        #expect(trigger.approveWithin == .minutes(5))
        #expect(trigger.onTimeout == .hold)
        #expect(configuration.access.approve == ["cto": ["board"], "any-admin": ["ops"]])
        #expect(configuration.plans[0].walkBack == 1)
        #expect(configuration.plans[0].methods[0].changesFlag)
        #expect(configuration.plans[0].methods[0].check?.summary == "/usr/bin/is-off")
    }

    @Test func theDefaultsAreThePlaybooks() throws {
        let configuration = try read(text())
        #expect(configuration.policy(.critical).approve == "any-admin")
        #expect(configuration.policy(.high).approve == "senior-admin")
        #expect(configuration.policy(.medium).approve == nil)
        #expect(configuration.policy(.critical).approveWithin == nil)
        #expect(configuration.plans[0].walkBack == nil)
    }

    @Test(arguments: [
        "{ critical: { approve: ctoo } }", "{ critical: { on_timeout: excalate } }",
    ])
    func aMisspeltNameIsAnErrorWithASuggestion(_ policy: String) {
        let found = errors(text(policy: policy))
        #expect(found.count == 1)
        #expect(found[0].line == 8)
        #expect(found[0].remedy?.hasPrefix("did you mean '") ?? false)
    }

    @Test func aRoleOfAMethodThatNobodyHasIsAnErrorWithASuggestion() {
        let found = errors(text(method: ", approve: cto1"))
        #expect(found.map(\.at) == ["15:69"])
        #expect(found.first?.message == "no role in access.approve 'cto1'")
        #expect(found.first?.remedy == "did you mean 'cto'?")
    }

    @Test func withoutAnyRolesItIsSaidWhoMayInstead() {
        let found = problems(text(access: "{ operate: [ops] }", method: ", approve: cto"))
        #expect(found.map(\.severity) == [.warning])
        #expect(found[0].message == "nobody has the role 'cto': only root may approve it")
        #expect(found[0].remedy == "add access: { approve: { cto: [GROUP] } }")
    }

    @Test(arguments: [
        ("{ approve: { cto: [] } }", "9:27"), ("{ approve: { cto: board } }", "9:27"),
        ("{ approve: { cto: [\"a:b\"] } }", "9:28"), ("{ approve: { \"a b\": [x] } }", "9:22"),
        ("{ approve: [cto] }", "9:20"), ("{ aprove: { cto: [x] } }", "9:11"),
    ])
    func rolesAreMappedToGroups(_ access: String, _ at: String) {
        let found = errors(text(access: access))
        #expect(found.map(\.at) == [at], "\(found)")
        #expect(found.allSatisfy { $0.remedy != nil })
    }

    @Test func aRouteOfATriggerMustExist() {
        let found = errors(text(trigger: ", page: tean"))
        #expect(found.map(\.remedy) == ["did you mean 'team'?"])
    }

    @Test func aFlagNeedsACheck() {
        let found = errors(text(method: ", changes: flag"))
        #expect(found.count == 1)
        #expect(found[0].remedy?.contains("check: { unit: NAME }") ?? false)
    }

    @Test func walkBackIsAtMostOne() {
        let found = errors(text(plan: "\n    walk_back: 2"))
        #expect(found.map(\.remedy) == ["write a number from 0 to 1"])
    }

    @Test func whatCanNeverComeIsAWarning() {
        let policy = problems(text(policy: "{ critical: { on_timeout: hold } }"))
        #expect(policy.map(\.severity) == [.warning])
        let trigger = problems(text(trigger: ", on_timeout: hold"))
        #expect(trigger.map(\.severity) == [.warning])
        let auto = problems(text(trigger: ", mode: auto", method: ", loses: orders"))
        #expect(auto.contains { $0.message.contains("each method of plan 'back' needs") })
    }
}

/// Two people, a comment, other hours.
extension ApprovalConfigurationTests {
    @Test func twoPeopleACommentAndOtherHoursAreRead() throws {
        let night =
            "{ days: [mon, tue], from: \"18:00\", to: \"08:00\", zone: UTC, approve: any-admin, "
            + "tell: team }"
        let configuration = try read(
            text(
                policy: "{ critical: { approve: [any-admin, cto], comment: required, "
                    + "after_hours: \(night) } }",
                method: ", loses: orders, approve: [cto, any-admin], comment: required"))
        let policy = configuration.policy(.critical)
        #expect(policy.approve == "any-admin")
        #expect(policy.secondApprover == "cto")
        #expect(policy.needsComment)
        #expect(policy.afterHours.map(\.approve) == ["any-admin"])
        #expect(policy.afterHours.map(\.tell) == ["team"])
        let method = configuration.plans[0].methods[0]
        #expect(method.approve == "cto")
        #expect(method.secondApprover == "any-admin")
        #expect(method.needsComment == true)
    }

    @Test(arguments: [
        "approve: []", "approve: [a, b, c]", "approve: [any-admin, ctoo]", "comment: maybe",
        "after_hours: { from: \"18:00\", to: \"08:00\", zone: UTC }",
        "after_hours: [{ from: \"18:00\", to: \"08:00\", zone: Mars/Base, approve: cto }]",
        "after_hours: { from: \"18:00\", to: \"08:00\", zone: UTC, tell: nowhere }",
        "after_hours: { from: \"18:00\", to: \"08:00\", zone: UTC, approve: nobody }",
    ])
    func whatCannotBeIsRefused(policy: String) {
        #expect(errors(text(policy: "{ critical: { \(policy) } }")).count == 1, "\(policy)")
    }
}
