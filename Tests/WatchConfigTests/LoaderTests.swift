// Files in, configuration or diagnostics out.

import Testing
import WatchConfig
import WatchCore

@Suite struct LoaderTests {
    @Test func anEmptyServiceIsEnough() throws {
        let result = ConfigurationLoader.loadText("services: { shop: {} }")
        #expect(result.remarks == [])
        #expect(try #require(result.configuration).services.map(\.name) == ["shop"])
    }

    @Test func thePackagedExampleIsGood() throws {
        let result = ConfigurationLoader.load(paths: [Repository.root + "/etc/watchd/watchd.yaml"])
        #expect(result.remarks.map(\.text) == [])
        let configuration = try #require(result.configuration)
        let shop = try #require(configuration.service("shop"))
        #expect(shop.version.count == 2)
        #expect(shop.probes.map(\.name) == ["health", "signin"])
        #expect(shop.triggers.map(\.mode) == [.auto, .auto, .auto, .page, .shadow])
        #expect(shop.triggers[0].judgement.minSamplesOfStream == 100)
        #expect(shop.triggers[0].judgement.minSamplesOfProbe == 3)
        #expect(shop.plan == "shop-symlink")
        let plan = try #require(configuration.plan("shop-symlink"))
        #expect(plan.methods.map(\.isUnattended) == [true, true, false])
        #expect(plan.methods[1].steps[0].retries == 1)
        #expect(plan.before[0].onFailure == .continue)
        #expect(configuration.route("oncall")?.steps == [["ops-chat"], ["ops-chat", "pager"]])
        #expect(configuration.access.operate == ["ops"])
        #expect(configuration.policy == Policy.defaults)
        #expect(configuration.limits == Limits())
    }

    @Test func theExamplesProbesMeanWhatTheySay() throws {
        let path = Repository.root + "/etc/watchd/watchd.yaml"
        let configuration = try #require(ConfigurationLoader.load(paths: [path]).configuration)
        let shop = try #require(configuration.service("shop"))
        guard case .http(let request, let expectation)? = shop.probe("signin")?.kind else {
            Issue.record("no http probe")
            return
        }
        #expect(request.method == "POST")
        #expect(
            request.body?.source
                == #"{"email":"probe@example.com","password":"${credential:probe-password}"}"#)
        #expect(request.headers.map(\.name) == ["Content-Type"])
        #expect(expectation.status == [.hundreds(2)])
        #expect(expectation.json.map(\.comparison) == [.exists])
        guard case .http(_, let health)? = shop.probe("health")?.kind else { return }
        #expect(health.json.map(\.comparison) == [.equals(.string("ok")), .less(100)])
    }

    @Test func theSchemaFileIsUpToDate() throws {
        let file = try Files.text(Repository.root + "/etc/watchd.schema.json")
        // To renew it: watchctl config schema > etc/watchd.schema.json
        #expect(file == ConfigurationSchema.json(), "etc/watchd.schema.json is out of date")
    }
}
