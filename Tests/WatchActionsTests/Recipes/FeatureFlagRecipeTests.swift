// The recipe of a feature flag against a server that knows Unleash's admin interface.

import TestServers
import Testing
import WatchCore

@testable import WatchActions

struct FeatureFlagRecipeTests {
    private static let place =
        "/api/admin/projects/default/features/new-checkout/environments/production"

    /// - Parameter refusals: what the first requests to switch it off are told instead.
    private func server(_ isOn: VendorState<Bool>, refusals: [Int] = []) throws -> FakeAPI {
        let left = VendorState(refusals)
        return try #require(
            FakeAPI { request in
                guard request.headers["authorization"] == "user:secret-token" else {
                    return .wrong(401, "You need to authenticate")
                }
                switch request.line {
                case "POST \(Self.place)/off":
                    if let status = left({ $0.isEmpty ? nil : $0.removeFirst() }) {
                        return .wrong(status, "not now")
                    }
                    isOn { $0 = false }
                    return .answer(200)
                case "GET \(Self.place)":
                    return .json(200, #"{"name":"production","enabled":\#(isOn { $0 })}"#)
                default: return .wrong(404, "there is no \(request.line)")
                }
            })
    }

    private func walk(_ server: FakeAPI, token: String = "user:secret-token") throws -> RecipeWalk {
        try RecipeWalk(
            "feature-flag", ["https://unleash.example.com": server.url],
            secrets: ["unleash-token": token])
    }

    @Test func theFlagIsSwitchedOffAndSeenToBe() async throws {
        let isOn = VendorState(true)
        let server = try server(isOn, refusals: [429])
        let walk = try walk(server)
        let method = try walk.method("switch off")
        let check = try #require(method.check)
        #expect(await walk.run(check).ending == .unexpected("$.enabled is true, expected false"))
        #expect(await walk.run(method.steps).map(\.ending) == [.exited(0)])
        #expect(isOn { $0 } == false)
        #expect(await walk.run(check).ending == .exited(0))
    }

    @Test func aTokenThatIsNotTakenIsTold() async throws {
        let isOn = VendorState(true)
        let server = try server(isOn)
        let walk = try walk(server, token: "user:old-token")
        let results = await walk.run(try walk.method("switch off").steps)
        #expect(results.map(\.ending) == [.unexpected("status 401, expected 200")])
        #expect(isOn { $0 })
        #expect(server.requests.count == 1)
    }
}
