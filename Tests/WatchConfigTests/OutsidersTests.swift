// Whoever can send a request can write lines of the log: an automatic rule on a pattern of it is
// theirs to fire.

import Testing
import WatchConfig

@Suite struct OutsidersTests {
    private func config(_ stream: String, _ when: String = "matches(access.bad, 1m) >= 20")
        -> [Diagnostic]
    {
        problems(
            """
            services:
              shop:
                version: [{ symlink: /srv/shop/current }]
                streams: { access: { file: /a.log, patterns: { bad: panic }, \(stream) } }
                triggers: [{ name: t, severity: critical, mode: auto, when: "\(when)" }]
                rollback: { plan: back }
            \(planAndPeople)
            """)
    }

    @Test(arguments: [
        "format: nginx-combined", "format: json, status: $.status",
        "format: json, route: $.path, level: $.level", "format: logfmt, status: status",
        "format: { regex: '\"(?<request>[^\"]*)\" (?<status>\\d+)' }",
        "format: { regex: '(?P<status>\\d+) .*' }", "format: { regex: \"(?'route'/\\\\S*)\" }",
        "format: { regex: '(?<code>\\d+) .*' }, status: code",
    ])
    func aLogOfRequestsIsWrittenByWhoeverSendsThem(_ stream: String) {
        let found = config(stream)
        #expect(found.map(\.severity) == [.warning], "\(found)")
        #expect(found.first?.message.contains("whoever sends what 'bad' matches") ?? false)
        let joined = config(
            stream, "matches(access.bad, 1m) >= 20 and matches(access.bad, 2m) >= 20")
        #expect(joined.map(\.severity) == [.warning])
    }

    @Test(arguments: [
        "no_data_after: 1h", "format: json, level: $.level", "format: logfmt, latency: took",
        "format: { regex: '(?<level>\\w+) .*' }", "format: '$status $request_time'",
    ])
    func whatAProgramLogsIsItsOwnAffair(_ stream: String) {
        #expect(config(stream) == [], "\(config(stream))")
    }
}
