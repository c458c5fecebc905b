// What keeps the daemon from starting is said in a sentence, with the status that systemd knows.

import Foundation
import Testing

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct BadStartTests {
    private static let badConfiguration: Int32 = 78

    @Test func aSecondDaemonOnTheSameStateIsToldOfTheFirst() async throws {
        let host = try Host()
        let first = try RunningDaemon(host)
        _ = try await first.status()
        let second = try RunningDaemon(host, .init(socket: host.path("second.sock")))
        #expect(try await second.end() == Self.badConfiguration)
        let said = await second.complaints()
        #expect(said.contains("\(first.pid)"), "\(said)")
        _ = try await first.status()
    }

    @Test func everyMistakeInTheConfigurationIsNamedWithItsPlace() async throws {
        let host = try Host()
        let text = host.text("watchd.yaml")
            .replacing("bake: 3s", with: "bake: soon").replacing("[chat] } ]", with: "[chta] } ]")
        try host.write("watchd.yaml", text)
        let daemon = try RunningDaemon(host)
        let status = try await daemon.end()
        let said = await daemon.complaints()
        #expect(status == Self.badConfiguration, "\(said)")
        let file = NSRegularExpression.escapedPattern(for: host.path("watchd.yaml"))
        let places = said.matches(of: try Regex("\(file):[0-9]+:[0-9]+"))
        #expect(Set(places.map { String(said[$0.range]) }).count >= 3, "\(said)")
    }

    @Test func aSocketPathThatIsTooLongIsRefusedWithTheLimit() async throws {
        let host = try Host()
        let long = host.path(String(repeating: "s", count: 120))
        let daemon = try RunningDaemon(host, .init(socket: long))
        let status = try await daemon.end()
        let said = await daemon.complaints()
        #expect(status == Self.badConfiguration, "\(said)")
        #expect(said.contains("cannot start") && said.contains("107"), "\(said)")
    }

    @Test func aMissingShimIsSaidAtTheStart() async throws {
        let host = try Host()
        let shim = host.path("no-such-shim")
        let daemon = try RunningDaemon(host, .init(shim: shim))
        let status = try await daemon.end()
        let said = await daemon.complaints()
        #expect(status == Self.badConfiguration, "\(said)")
        #expect(said.contains(shim), "\(said)")
    }

    @Test(.enabled(if: geteuid() == 0))
    func aStateDirectoryThatMayNotBeWrittenIsSaid() async throws {
        let host = try Host()
        chmod(host.root, 0o777)
        let daemon = try RunningDaemon(
            host,
            .init(wrapper: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]))
        let status = try await daemon.end()
        let said = await daemon.complaints()
        #expect(status == Self.badConfiguration, "\(said)")
        #expect(said.contains(host.path("state")), "\(said)")
    }
}
