// Calendars of quiet, and how a host learns of its own network's faults.

import WatchCore

extension ConfigurationMaker {
    /// When every world begins.
    static let began = WallTime(nanoseconds: 1_800_000_000 * Clock.second)

    mutating func makeQuiet(_ scenario: inout Scenario) {
        if random.chance(20) {
            let services = random.chance(50) ? ["s0"] : []
            scenario.configuration.maintenance = [
                MaintenanceWindow(name: "calendar", services: services, time: window())
            ]
        }
        if random.chance(15) {
            scenario.configuration.silences = [
                SilenceRule(
                    name: "night", services: random.chance(50) ? ["s0"] : [],
                    severities: random.chance(30) ? [.high] : [], time: window(),
                    reason: "people sleep")
            ]
        }
        scenario.network =
            random.chance(25) ? random.pick([.declared, .declared, .byProbes]) : .unknown
        if scenario.network == .declared {
            scenario.configuration.connectivity = [
                ConnectivityTarget(
                    source: "tcp://192.0.2.1:53", kind: .tcp(host: "192.0.2.1", port: 53))
            ]
        }
    }

    /// Some minutes of the first half of an hour.
    private mutating func window() -> TimeWindow {
        guard random.chance(40) else {
            let from = Self.began + .seconds(random.below(1200))
            return .once(from: from, to: from + .seconds(random.between(20, 400)))
        }
        let offset = Int64(random.pick([0, 3600, -5 * 3600]))
        let second = Self.began.nanoseconds / Clock.second + offset
        let minute = Int(second % 86_400 / 60) + random.between(0, 20)
        return .weekly(
            WeeklyWindow(
                days: Set(Weekday.allCases), from: minute % 1440,
                to: (minute + random.between(1, 6)) % 1440,
                zone: ZoneTable(name: "somewhere", first: offset)))
    }
}
