// What rules may say of how they are judged: for, confidence, slo, baseline_window.

import Testing
import WatchConfig
import WatchCore

@Suite struct JudgementTests {
    private func load(_ service: String, trigger: String = "") -> LoadResult {
        ConfigurationLoader.loadText(
            """
            services:
              shop:
                \(service)
                streams: { access: { file: /a.log, format: nginx-combined } }
                triggers:
                  - { name: t, when: "error_rate(access, 2m) > 25%", severity: low\(trigger) }
            """)
    }

    @Test func theyAreRead() throws {
        let result = load(
            "slo: 99.9%\n    baseline_window: 2h\n    confidence: 95%", trigger: ", for: 10m")
        let service = try #require(result.configuration?.services.first, "\(result.diagnostics)")
        #expect(service.slo == 0.999)
        #expect(service.baselineWindow == .hours(2))
        #expect(service.judgement.confidence == 0.95)
        #expect(service.triggers[0].judgement.confidence == 0.95)
        #expect(service.triggers[0].sustainedFor == .minutes(10))
    }

    @Test func aTriggersOwnConfidenceCounts() throws {
        let service = try #require(
            load("confidence: 95%", trigger: ", confidence: 99%").configuration?.services.first)
        #expect(service.triggers[0].judgement.confidence == 0.99)
        #expect(load("bake: 1m").configuration?.services[0].triggers[0].judgement.confidence == nil)
    }

    @Test(arguments: [
        ("slo: 99.9", "write slo: 99.9%"), ("slo: 0.999", "write slo: 99.9%"),
        ("slo: 100%", "write 99.9999% or less"), ("slo: 0%", "write 1% or more"),
        ("slo: high", "write it as in slo: 95%"), ("slo: -1%", "write it as in slo: 95%"),
        ("slo: [1%]", "write it as in slo: 95%"), ("confidence: 100%", "write 99.99% or less"),
        ("confidence: 40%", "write 50% or more"), ("confidence: 0.95", "write confidence: 95%"),
        ("confidence: 9e1%", "write it as in confidence: 95%"),
        ("baseline_window: 1m", "write 5m or more"), ("baseline_window: 7d", "write 3d or less"),
    ])
    func aValueThatMakesNoSenseIsAnErrorWithARemedy(key: String, remedy: String) {
        let found = load(key).diagnostics.filter { $0.severity == .error }
        #expect(found.map(\.line) == [3])
        #expect(found.first?.remedy == remedy)
    }

    @Test(arguments: [
        ("4d", "write 3d or less"), ("0s", "write 1s or more"), ("5", "give it a unit: write 5s"),
    ])
    func forIsASecondToThreeDays(text: String, remedy: String) {
        let found = load("bake: 1m", trigger: ", for: \(text)").diagnostics
        #expect(found.map(\.remedy) == [remedy])
    }
}
