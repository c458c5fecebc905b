// The keys of plans, policy, channels, routes and access.

import WatchCore

extension KeyTable {
    static let policy = KeyTable(
        "a policy",
        [
            .key("action", .choice(Policy.Action.allCases.map(\.rawValue)), "What is done."),
            .key("page", .text, "The route that pages take."),
            .key("respond_within", .duration, "No answer for so long: the route's next step."),
            .key("ack_expires", .duration, "An acknowledgement counts so long (4h)."),
            .key(
                "approve", approvers,
                "The role that may approve a rollback (access.approve), or two: two people, each "
                    + "with one of them."),
            .key("comment", comment, "required: whoever approves says why."),
            .key(
                "after_hours", .either([.section(.afterHours), .list(.section(.afterHours))]),
                "Who may approve at other hours, and who hears of it then."),
        ] + approval)

    static let approvers = Shape.either([.text, .list(.text)])
    static let comment = Shape.choice(CommentNeed.allCases.map(\.rawValue))

    static let afterHours = KeyTable(
        "after_hours",
        [
            .key(
                "days", .list(.choice(Weekday.allCases.map(\.rawValue))),
                "On which it begins; every day, if left out."),
            .required("from", .text, "A time of day, as in \"18:00\"."),
            .required("to", .text, "When that is not later, it is the next day's."),
            .required("zone", .text, "As in Europe/Berlin."),
            .key("approve", approvers, "Who may approve then, instead of the policy's."),
            .key("tell", .text, "A route whose first step hears of it, too."),
        ])

    /// For a policy, and for a trigger in its stead.
    static let approval: [Key] = [
        .key("approve_within", .duration, "An offered rollback waits so long for an approval."),
        .key(
            "on_timeout", .choice(OnTimeout.allCases.map(\.rawValue)),
            "Then: escalate (default) tells the route's next step, rollback acts if nothing "
                + "forbids it, hold ends the offer."),
    ]

    static let limits = KeyTable(
        "limits",
        [
            .key("max_rollbacks", .integer(0...1000), "Automatic ones per service (2) …"),
            .key("per", .duration, "… in so much time (24h)."),
            .key("cooldown", .duration, "No other so soon after one has ended (30m)."),
        ])

    static let access = KeyTable(
        "access", notBuilt: ["read"],
        [
            .key("operate", .list(.text), "Unix groups whose members may act."),
            .key(
                "approve", .named(.list(.text)),
                "Role to the Unix groups whose members have it, as in { cto: [board] }."),
        ])

    static let channel = KeyTable(
        "a channel",
        notBuilt: ["pagerduty", "smtp", "opsgenie", "exec", "share_evidence", "redact", "teams"],
        [
            .key("slack", .text, "The URL of an incoming webhook."),
            .key(
                "webhook", .either([.text, .section(.webhook)]),
                "A URL that gets the message as JSON."),
        ])

    static let webhook = KeyTable(
        "a webhook", notBuilt: ["headers", "template"],
        [
            .required("url", .text, "Where the message is sent."),
            .key("secret", .text, "The key of the HMAC-SHA256 signature over the body."),
        ])

    static let routeStep = KeyTable(
        "a step of a route", notBuilt: ["after", "respond_within"],
        [.required("to", .list(.text), "The channels of this step.")])

    static let plan = KeyTable(
        "a plan", notBuilt: ["targets", "scenario", "assess", "approve"],
        [
            .key("budget", .duration, "Time for all of it (15m)."),
            .key("gates", .list(.section(.gate)), "Questions that may forbid the rollback."),
            .key("before", .list(.section(.step)), "Steps before the first method."),
            .key(
                "spans", .list(.section(.span)),
                "Other services, stopped in this order before the first method and started again "
                    + "after it."),
            .key(
                "start_order", .list(.text),
                "The order in which they are started (the last one stopped first)."),
            .required("methods", .list(.section(.method)), "Ways to roll back, in order."),
            .key("after", .list(.section(.step)), "Steps that always run, before verification."),
            .required("verify", .section(.verify), "How it is known that it worked."),
            .key("probation", .duration, "A breach so soon after pages and never acts (15m)."),
            .key(
                "walk_back", .integer(0...1),
                "1: when the first target ran and did not help, one older good release is tried "
                    + "(0)."),
            .key("drill", .section(.drill), "Where the plan is rehearsed: watchctl drill."),
            .key(
                "drill_every", .duration,
                "A drill that passed longer ago is overdue, and told (nobody asks)."),
        ])

    static let drill = KeyTable(
        "a drill",
        [
            .required(
                "service", .text,
                "The service on which the plan is run; no plan may roll it back for real."),
            .key("to", .text, "The version to go back to (its last known good one)."),
            .key(
                "credentials", .named(.text),
                "Each credential of the plan to the one that stands for it."),
            .key(
                "spans", .named(.text),
                "Each service that the plan stops to the one that is stopped for it."),
            .key(
                "same", .list(.text),
                "Gates and steps that may do in a drill what they do for real."),
        ])

    static let span = KeyTable(
        "a service that is stopped",
        [
            .required("service", .text, "Which one."),
            .required("stop", .section(.step), "How it is stopped."),
            .required("start", .section(.step), "How it is started again, whatever happens."),
        ])

    /// What a gate, a step or a check does: one of these.
    static let action: [Key] =
        [
            .key("exec", .list(.text), "A program and its arguments; no shell."),
            .key("unit", .text, "watchd-rollback@UNIT.service, run as root by systemd."),
            .key("with", .text, "unit: its argument."),
            .key(
                "env", .named(.text),
                "exec: variables of its environment; the way for secrets."),
            .key("stdin", .text, "exec: what it reads from its standard input."),
            .key("cwd", .text, "exec: the directory it starts in (the state directory)."),
            .key("http", .text, "The URL of a request, with the method of its own key."),
        ]
        + verbs.map {
            .key($0, .text, "The URL of a request with the method \($0.uppercased()).")
        } + [
            .key("json", .json, "http: the body, written as JSON."),
            .key("sql", .text, "A query of PostgreSQL, asked through psql."),
            .key(
                "database", .text,
                "sql: postgresql://USER@HOST/DATABASE, or \"${credential:NAME}\" that holds it."),
            .key(
                "expect",
                .either([
                    .section(.expectation), .section(.execExpectation), .section(.sameResult),
                    .list(.text), .text,
                ]),
                "exec, http: as for probes. sql: the only value, a comparison such as \"> 0\", a "
                    + "list of rows, or { same_as: NAME }."),
        ] + request

    /// What those that are no mere question have besides.
    private static let answers: [Key] = [
        .key(
            "save", .named(.either([.text, .section(.saved), .section(.savedOutput)])),
            "exec, http: name to what of the answer it stands for in later steps, as ${NAME}: "
                + "a JSON path, { header: NAME } or { pattern: REGEX }."),
        .key("capture", .text, "sql: the result is kept under this name, for same_as:."),
    ]

    static let sameResult = KeyTable(
        "expect of a query",
        [.required("same_as", .text, "The result captured under this name before.")])

    static let savedOutput = KeyTable(
        "what is saved",
        [
            .key("json", .text, "A path in the JSON it prints, as in $.id."),
            .key(
                "pattern", .text,
                "A PCRE2 pattern over what it prints; its first group, or the whole match."),
        ])

    static let poll = KeyTable(
        "a poll",
        [
            .key("http", .text, "The URL, with the method of its own key."),
            .key("get", .text, "The URL of a GET request."),
            .key("post", .text, "The URL of a POST request."),
            .key("json", .json, "The body, written as JSON."),
            .required("every", .duration, "The pause between two questions."),
            .required("until", .section(.expectation), "The answer that says that it is done."),
            .key("failed", .section(.expectation), "An answer that says that it failed."),
            .key(
                "save", .named(.either([.text, .section(.saved)])),
                "Name to what of the last answer it stands for in later steps."),
        ] + request)

    static let gate = KeyTable(
        "a gate", notBuilt: ["on_failure", "retries"],
        [
            .key("name", .text, "How it is called in reasons."),
            .required("timeout", .duration, "No answer so soon counts as blocked."),
        ] + action + answers)

    static let step = KeyTable(
        "a step",
        [
            .key("name", .text, "How it is called in messages."),
            .key("wait", .duration, "Nothing is done for so long."),
            .key(
                "manual", .text,
                "What a person is told to do, who then says `watchctl step-done`."),
            .key("poll", .section(.poll), "http: asked until what was begun is done."),
            .key("timeout", .duration, "It is stopped after so long; all but wait need it."),
            .key("idempotent", .boolean, "May be run again when its outcome is unknown."),
            .key("retries", .integer(0...10), "Further tries; only if idempotent."),
            .key(
                "backoff", .duration,
                "The pause before the first further try, doubled before each other (none)."),
            .key("target", .duration, "How long it ought to take, for drills and reports."),
            .key(
                "on_failure", .choice(Step.OnFailure.allCases.map(\.rawValue)),
                "stop (default) or continue."),
            .key(
                "check", .section(.check), "A read-only question whether the step is done."),
        ] + action + answers)

    static let assess = KeyTable(
        "a question", notBuilt: ["retries"],
        [
            .required("name", .text, "How it is called in pages and reports."),
            .key("timeout", .duration, "It is given up after so long (5s, at most 30s)."),
        ] + action)

    static let check = KeyTable("a check", notBuilt: ["timeout"], action)

    static let method = KeyTable(
        "a method", notBuilt: ["budget", "when"],
        [
            .required("name", .text, "How it is called in messages."),
            .key("loses", .text, "nothing (default), or a sentence; then it needs an approval."),
            .key(
                "approve", approvers,
                "The role that must approve, or two: two people, each with one of them."),
            .key("comment", comment, "required: whoever approves says why."),
            .key("steps", .list(.section(.step)), "What is done, in order."),
            .key("operation", .text, "phases: the operation whose phases count."),
            .key(
                "phases", .list(.section(.phase)),
                "In place of steps: the phases of an operation, in the order in which they are "
                    + "done. Those that were reached are undone, the last one first."),
            .key(
                "check", .section(.check),
                "A read-only question, asked afterwards: exit 0 says that it landed."),
            .key(
                "changes", .choice(Method.Changes.allCases.map(\.rawValue)),
                "release (default), or flag: no version source shows it, so it needs a check."),
        ])

    static let phase = KeyTable(
        "a phase",
        [
            .required("name", .text, "As the operation calls it: `watchctl phase NAME`."),
            .required(
                "undo", .either([.choice(["none"]), .list(.section(.step))]),
                "The steps that undo it; none: it cannot be undone."),
        ])

    static let verify = KeyTable(
        "verify", notBuilt: ["check"],
        [
            .key(
                "version", .integer(1...100), "Equal reads of the target that make landed (2)."),
            .key("land_within", .duration, "Landed must be seen so soon after a method (1m)."),
            .key("settle", .duration, "Samples so soon after landing do not count (15s)."),
            .key("probes", .list(.text), "Probes that must pass."),
            .key("clear_for", .duration, "All must be good for so long (1m)."),
            .key("when", .list(.text), "Further conditions."),
            .key("timeout", .duration, "Cured must be seen so soon after landing (3m)."),
            .key("target", .duration, "How long it ought to take, for drills and reports."),
        ])
}
