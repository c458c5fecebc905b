// A young release and a warm window: can they be had together?

import Testing

@testable import WatchCore

@Suite struct ExpressionAgesTests {
    private func can(_ source: String, warmUp: Duration = .minutes(2)) -> Bool {
        World.expression(source).canBeTrueAtSomeAge(warmUp: warmUp)
    }

    @Test(arguments: [
        "release_age() < 2m and error_rate(access, 5m) > 5%",
        "1m > release_age() and failing(health) > 50%",
        "error_rate(access, 1m) > 5% and (release_age() <= 30s or release_age() < 45s)",
        "not (release_age() > 90s) and up(health) < 1",
        "not (release_age() >= 1m or error_rate(access, 1h) < 5%)",
        "release_age() > 10m and release_age() < 5m",
        "release_age() == 1m and p95(access, 2m) > 1s",
    ])
    func theseNeverComeTogether(source: String) {
        #expect(!can(source))
    }

    @Test(arguments: [
        "release_age() <= 2m and error_rate(access, 5m) > 5%",
        "release_age() < 121s and error_rate(access, 5m) > 5%",
        // A narrow window answers sooner.
        "release_age() < 1m and error_rate(access, 30s) > 5%",
        "release_age() < 1m or error_rate(access, 5m) > 5%",
        "release_age() > 1m and error_rate(access, 5m) > 5%",
        "release_age() != 1m and error_rate(access, 5m) > 5%",
        "release_age() < 1m and overrun(migration) > 2",
        "release_age() < 10s",
        "error_rate(access, 5m) > 5%",
    ])
    func theseCan(source: String) {
        #expect(can(source))
    }

    @Test func withoutAWarmUpThereIsNothingToWaitFor() {
        #expect(can("release_age() < 1m and error_rate(access, 5m) > 5%", warmUp: .zero))
        #expect(!can("release_age() < 1m and error_rate(access, 5m) > 5%", warmUp: .minutes(1)))
    }
}
