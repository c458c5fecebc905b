// The keys of services and what they are made of.

import WatchCore

extension KeyTable {
    static let top = KeyTable(
        "the configuration", notBuilt: ["heartbeat"],
        [
            .key("services", .named(.section(.service)), "The services that are guarded."),
            .key("policy", .section(.severities), "What each severity asks for."),
            .key("limits", .section(.limits), "How often watchd may act by itself, per service."),
            .key("plans", .named(.section(.plan)), "How to roll back."),
            .key("channels", .named(.section(.channel)), "Where a page can go."),
            .key(
                "routes", .named(.list(.section(.routeStep))),
                "Which channels are tried, one step after the other."),
            .key("access", .section(.access), "Who may act through the socket."),
            .key(
                "maintenance", .list(.section(.maintenance)),
                "When nothing is rolled back and nobody is paged."),
            .key("silences", .list(.section(.silence)), "Pages that nobody wants for a while."),
            .key(
                "connectivity", .list(.text),
                "tcp://HOST:PORT or a URL; when none can be reached, the fault is this host's."),
        ])

    static let severities = KeyTable(
        "policy",
        Severity.allCases.reversed().map {
            .key($0.rawValue, .section(.policy), "What this severity asks for.")
        })

    static let service = KeyTable(
        "a service",
        notBuilt: ["page", "for"],
        [
            .key(
                "version", .list(.section(.versionSource)),
                "Where the running version is read; the first that answers counts."),
            .key("agree", .integer(1...10), "So many equal reads make a change of version (2)."),
            .key("bake", .duration, "So much evidence of health makes a release good (30m)."),
            .key(
                "suspect_for", .duration,
                "So long after its deployment a release may be blamed automatically (2h)."),
            .key(
                "target_within", .duration,
                "A good release that last ran longer ago is only offered (7d)."),
            .key("slo", .percentage, "The share of good events that is promised, for burn_rate."),
            .key(
                "baseline_window", .duration,
                "So much healthy time of the last known good release is its baseline (1h)."),
            .key("probes", .named(.section(.probe)), "Active checks."),
            .key(
                "per_host", .integer(1...10_000),
                "So many of its probes may ask the same host at once (any number)."),
            .key("streams", .named(.section(.stream)), "Logs that are followed."),
            .key("triggers", .list(.section(.trigger)), "The rules."),
            .key("rollback", .section(.rollback), "How this service is rolled back."),
            .key(
                "operations", .section(.operations),
                "What follows when a guarded operation fails or takes too long."),
            .key(
                "depends_on", .list(.text), "Services whose incidents explain this one's."),
            .key(
                "no_data", .choice(NoData.allCases.map(\.rawValue)),
                "What a signal that cannot be measured brings: page (default) or record."),
            .key(
                "share_evidence", .boolean,
                "true: bodies and lines that were errors go into messages (they stay here)."),
            .key(
                "assess", .list(.section(.assess)),
                "Questions about the damage, asked when an incident of severity high or critical "
                    + "opens and before a rollback; what they print goes into page and report."),
            .key(
                "redact", .list(.text),
                "PCRE2 patterns; what they match is taken out before evidence is stored."),
            .key(
                "vars", .named(.text),
                "What tells it from other services in a plan, as ${vars.NAME}."),
        ] + judgement)

    /// For a service, and for a trigger in its stead.
    static let judgement: [Key] = [
        .key("warm_up", .duration, "A window answers when it covers so much time (2m)."),
        .key("clear_for", .duration, "A breach ends when its rule was false so long (1m)."),
        .key(
            "min_samples", .either([.integer(1...1_000_000), .section(.minSamples)]),
            "Ratios and percentiles need so many samples (streams 20, probes 3)."),
        .key(
            "confidence", .percentage,
            "Ratios are compared by their one-sided Wilson bound at this level, as in 95%."),
    ]

    static let minSamples = KeyTable(
        "min_samples",
        [
            .key("streams", .integer(1...1_000_000), "Lines (20)."),
            .key("probes", .integer(1...1_000_000), "Results (3)."),
        ])

    static let rollback = KeyTable(
        "rollback", notBuilt: ["scenario"],
        [.required("plan", .text, "The plan of triggers that name none of their own.")])

    static let operations = KeyTable(
        "operations",
        [
            .key(
                "mode", .choice(OperationMode.allCases.map(\.rawValue)),
                "What may follow: shadow records, page tells (default), auto acts."),
            .key(
                "severity", .choice(Severity.allCases.map(\.rawValue)),
                "How bad it is (high)."),
            .key("plan", .text, "Its own plan, instead of the service's."),
            .key("page", .text, "Its own route, instead of the policy's."),
        ])

    static let trigger = KeyTable(
        "a trigger",
        notBuilt: ["assess"],
        [
            .required("name", .text, "How the rule is called in messages."),
            .required("when", .text, "The condition, as in error_rate(access, 2m) > 25%."),
            .required("severity", .choice(Severity.allCases.map(\.rawValue)), "How bad it is."),
            .key(
                "mode", .choice(TriggerConfiguration.Mode.allCases.map(\.rawValue)),
                "What may follow: shadow records, page tells (default), auto acts, veto forbids."),
            .key(
                "for", .duration,
                "The condition was also true in 90 % of the seconds of the last so long."),
            .key("plan", .text, "Its own plan, instead of the service's."),
            .key("suspect_for", .duration, "Its own, instead of the service's."),
            .key("page", .text, "Its own route, instead of the policy's."),
        ] + approval + judgement)

    static let versionSource = KeyTable(
        "a version source", notBuilt: ["exec", "announcement", "label"],
        [
            .key("symlink", .text, "A link; the last component of its target is the version."),
            .key("file", .text, "A file; its first line, or what pattern finds in it."),
            .key(
                "command", .list(.text),
                "A program and its arguments, without a shell; its first line, or what json or "
                    + "pattern finds in what it prints."),
            .key("http", .text, "A URL; needs json, header or pattern."),
            .key("json", .named(.text), "Field to JSON path; needs version: $.path."),
            .key("header", .text, "The header that names the version."),
            .key("pattern", .text, "A PCRE2 pattern; its first group, or the whole match."),
            .key("every", .duration, "How often (2s for links and files, else 15s)."),
            .key("timeout", .duration, "Of one read (5s)."),
        ] + request)
}
