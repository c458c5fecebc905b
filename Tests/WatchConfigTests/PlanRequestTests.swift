// What cannot be asked of a request that does something.

import Testing
import WatchConfig
import WatchCore

@Suite struct PlanRequestTests {
    private func found(_ step: String) -> [Diagnostic] {
        errors(
            """
            plans:
              back:
                methods: [{ name: m, steps: [\(step)] }]
                verify: {}
            """)
    }

    @Test func whatDoesSomethingFollowsNoRedirect() {
        let post = found("{ post: 'https://example.com/x', redirects: 2, timeout: 1m }")
        #expect(post.map(\.at) == ["3:67"])
        #expect(post.first?.message.hasPrefix("a POST follows no redirect") == true)
        #expect(found("{ get: 'https://example.com/x', redirects: 2, timeout: 1m }") == [])
        #expect(found("{ post: 'https://example.com/x', timeout: 1m }") == [])
    }
}
