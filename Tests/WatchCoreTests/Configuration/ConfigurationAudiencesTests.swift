// What is counted as distinct values is what somebody asks for, and nothing else.

import Testing
import WatchCore

@Suite struct ConfigurationAudiencesTests {
    private func trigger(_ when: String) throws -> TriggerConfiguration {
        TriggerConfiguration(name: when, when: try Expression(when), severity: .high)
    }

    @Test func fieldsThatRulesAndVerificationNameAreCounted() throws {
        let shop = ServiceConfiguration(
            name: "shop",
            triggers: [
                try trigger("affected(access.user, 5m) > 5% and affected(access.user, 1h) > 1%"),
                try trigger("error_rate(access, 5m) > 5% or affected(app.tenant, 5m) > 5%"),
            ])
        let blog = ServiceConfiguration(name: "blog", triggers: [try trigger("up(health)")])
        var plan = Plan(name: "shop", methods: [], verify: Verify())
        plan.verify.when = [try Expression("affected(access.client, 1m) < 1%")]
        let configuration = Configuration(services: [shop, blog], plans: [plan])
        #expect(configuration.audiences(service: "shop", stream: "access") == ["user", "client"])
        #expect(configuration.audiences(service: "shop", stream: "app") == ["tenant"])
        #expect(configuration.audiences(service: "shop", stream: "other") == [])
        #expect(configuration.audiences(service: "blog", stream: "app") == [])
    }
}
