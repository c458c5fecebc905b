// No secret is overlooked, wherever it is named.

import Testing
import WatchCore

@Suite struct ConfigurationSecretsTests {
    private func request(_ name: String) throws -> HTTPRequestSpec {
        HTTPRequestSpec(
            url: try Template("https://example.com/${env:\(name)-url}"),
            headers: [.init(name: "X", value: try Template("${credential:\(name)-header}"))],
            body: try Template("${file:/\(name)-body}"))
    }

    @Test func secretsOfProbesSourcesAndChannelsAreKnown() throws {
        let service = ServiceConfiguration(
            name: "shop",
            version: [
                VersionSource(kind: .http(try request("v"), .header("X")), every: .seconds(15)),
                VersionSource(kind: .symlink(path: "/srv/current"), every: .seconds(2)),
            ],
            probes: [
                ProbeConfiguration(
                    name: "p", every: .seconds(10),
                    kind: .http(try request("p"), HTTPExpectation()))
            ])
        let channels = [
            ChannelConfiguration(name: "a", kind: .slack(url: try Template("${env:chat}"))),
            ChannelConfiguration(
                name: "b",
                kind: .webhook(
                    url: try Template("${env:hook}"), secret: try Template("${env:key}"))),
        ]
        let names = Configuration(services: [service], channels: channels).secrets
            .map(\.description).sorted()
        #expect(
            names == [
                "${credential:p-header}", "${credential:v-header}", "${env:chat}", "${env:hook}",
                "${env:key}", "${env:p-url}", "${env:v-url}", "${file:/p-body}", "${file:/v-body}",
            ])
    }
}
