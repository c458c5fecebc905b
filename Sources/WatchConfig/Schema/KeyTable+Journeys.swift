// The keys of journeys.

import WatchCore

extension KeyTable {
    /// Keys that name method and URL at once.
    static let verbs = ["get", "head", "post", "put", "patch", "delete", "options"]

    static let journeyStep = KeyTable(
        "a step of a journey",
        [
            .key(
                "name", .text,
                "Its signal is JOURNEY.NAME; step1, step2, … by its place if not given.")
        ]
            + verbs.map {
                .key($0, .text, "The URL of a request with the method \($0.uppercased()).")
            } + [
                .key("http", .text, "The URL, with the method of its own key."),
                .key("json", .json, "The body, written as JSON."),
                .key("expect", .section(.expectation), "Which answer is good (200 to 299)."),
                .key(
                    "degraded", .section(.degraded),
                    "What a good answer also has; its lack is shown and is no failure."),
                .key(
                    "save", .named(.either([.text, .section(.saved)])),
                    "Name to what of the answer it stands for in later steps, as ${NAME}: a "
                        + "JSON path, or { header: NAME }, { pattern: REGEX }, { cookie: NAME }."),
                .key(
                    "repeat", .integer(1...JourneyCheck.repeatLimit),
                    "Asked so often in a row; the first failure counts, else the slowest (1)."),
                .key("retry", .section(.retry), "Asked again until it passes."),
                .key("timeout", .duration, "Of the whole step, within that of the journey."),
                .key(
                    "always", .boolean,
                    "true: a clean-up, asked whatever became of the steps before it."),
            ] + request)

    static let saved = KeyTable(
        "what is saved",
        [
            .key("json", .text, "A path in the JSON body, as in $.token."),
            .key("header", .text, "A header of the answer."),
            .key(
                "pattern", .text,
                "A PCRE2 pattern over the body; its first group, or the whole match."),
            .key("cookie", .text, "A cookie of that name."),
        ])

    static let retry = KeyTable(
        "retry",
        [
            .required(
                "times", .integer(1...JourneyCheck.repeatLimit),
                "So often besides the first time."),
            .required("every", .duration, "The pause before each."),
        ])
}
