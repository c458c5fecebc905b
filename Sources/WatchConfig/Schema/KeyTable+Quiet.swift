// The keys of maintenance and silences.

import WatchCore

extension KeyTable {
    private static let time: [Key] = [
        .key(
            "days", .list(.choice(Weekday.allCases.map(\.rawValue))),
            "Days on which it begins; every day if not given."),
        .key("from", .text, "A time of day such as \"22:00\", or a moment in RFC 3339."),
        .key("to", .text, "Likewise; a time of day that is not later is the next day's."),
        .key("zone", .text, "Of times of day, as in Europe/Berlin, or UTC."),
    ]

    static let maintenance = KeyTable(
        "a maintenance",
        [
            .required("name", .text, "How it is called in status and reasons."),
            .key("services", .list(.text), "Services it is of; all if not given."),
            .key("reason", .text, "Why, for people."),
        ] + time)

    static let silence = KeyTable(
        "a silence",
        [
            .required("name", .text, "How it is called in status and reasons."),
            .required("reason", .text, "Why, for people."),
            .key("services", .list(.text), "Services whose pages it mutes; all if not given."),
            .key("triggers", .list(.text), "Triggers whose pages it mutes; all if not given."),
            .key(
                "severities", .list(.choice(Severity.allCases.map(\.rawValue))),
                "Severities whose pages it mutes; all if not given."),
            .key("until", .text, "A moment in RFC 3339 at which it ends, instead of from and to."),
        ] + time)
}
