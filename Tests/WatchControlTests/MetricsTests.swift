import Testing
import WatchCore

@testable import WatchControl

@Suite struct MetricsTests {
    @Test func theReportIsThereAsNumbers() {
        let lines = Set(Metrics.text(Fixtures.report).split(separator: "\n").map(String.init))
        for line in [
            "watchd_up 1", "watchd_armed 1", "watchd_store_available 1",
            #"watchd_info{version="0.1.0"} 1"#,
            #"watchd_service_armed{service="blog"} 0"#,
            #"watchd_service_verdict{service="shop",verdict="breached"} 1"#,
            #"watchd_service_verdict{service="shop",verdict="healthy"} 0"#,
            #"watchd_service_ready{service="blog",reason="no-known-good"} 0"#,
            #"watchd_signal_count{service="shop",signal="access"} 2400"#,
            #"watchd_signal_error_rate{service="shop",signal="access"} 0.312"#,
            #"watchd_signal_p95_seconds{service="shop",signal="access"} 0.42"#,
            #"watchd_incident_open{service="shop"} 1"#,
            #"watchd_incident_open{service="blog"} 0"#,
            #"watchd_incident_page_undelivered{service="shop",incident="shop-17"} 0"#,
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        // No samples is no number, rather than a zero.
        #expect(
            !lines.contains {
                $0.hasPrefix(#"watchd_signal_error_rate{service="shop",signal="app"#)
            })
    }

    @Test func namesCannotBreakOutOfTheirQuotes() {
        var report = Fixtures.report
        report.services[0].triggers[0].name = "a\"b\\c\nd"
        #expect(Metrics.text(report).contains(#"trigger="a\"b\\c?d""#))
    }

    @Test func eachFamilyIsDeclaredOnceBeforeItsSamples() {
        var declared: Set<Substring> = []
        for line in Metrics.text(Fixtures.report).split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                #expect(declared.insert(line.split(separator: " ")[2]).inserted)
            } else if !line.hasPrefix("#") {
                #expect(declared.contains(line.prefix { $0 != "{" && $0 != " " }))
            }
        }
    }
}
