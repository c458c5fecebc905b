import Testing
import WatchConfig
import WatchSystem

@testable import WatchDaemon

@Suite struct DescriptorNeedTests {
    @Test func moreProbesThanSocketsIsToldWithTheRemedy() throws {
        let text = """
            services: { shop: { probes: {
              a: { http: 'http://a/', every: 10s }, b: { unit: a.service, every: 10s } } } }
            """
        let configuration = try #require(
            ConfigurationLoader.loadText(text, name: "a.yaml").configuration)
        let need = DescriptorNeed(configuration)
        #expect(need.count == DescriptorNeed.own + 2)
        #expect(need.complaint(limit: need.count) == nil)
        let complaint = need.complaint(limit: 100)
        #expect(complaint?.contains("may have 100") == true)
        #expect(complaint?.contains("LimitNOFILE=") == true)
    }

    @Test func theLimitIsAsHighAsMayBe() {
        let limit = DescriptorLimit.raise()
        #expect(limit >= 1024)
        #expect(DescriptorLimit.raise() == limit)
    }
}
