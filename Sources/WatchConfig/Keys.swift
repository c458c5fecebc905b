// Which keys each part of the configuration takes: those that are built, and those of the design
// that are not, so that nobody thinks a key was understood when it was not.

struct Keys {
    var built: [String]
    var notBuilt: [String] = []

    static let top = Keys(
        built: ["services", "policy", "limits", "plans", "channels", "routes", "access"],
        notBuilt: ["heartbeat", "connectivity", "silences", "maintenance", "redact"])

    static let service = Keys(
        built: [
            "version", "agree", "bake", "suspect_for", "target_within", "warm_up", "clear_for",
            "min_samples", "probes", "streams", "triggers", "rollback", "depends_on",
        ],
        notBuilt: ["slo", "assess", "confidence", "no_data", "baseline_window"])

    static let request = [
        "method", "headers", "body", "json_body", "redirects", "ca_file", "verify_tls", "max_body",
    ]

    static let probe = Keys(
        built: ["http", "every", "timeout", "failures", "successes", "expect"] + request,
        notBuilt: [
            "tcp", "tls", "dns", "grpc", "exec", "unit", "journey", "post", "get", "proxy",
            "unix_socket", "resolve", "bearer", "basic", "form", "json", "client_cert",
        ])

    static let expect = Keys(
        built: ["status", "json", "contains", "matches"],
        notBuilt: ["headers", "size", "version", "expires_in", "within"])

    static let version = Keys(
        built: [
            "symlink", "file", "http", "pattern", "json", "header", "every", "timeout",
        ] + request, notBuilt: ["command", "cookie"])

    static let stream = Keys(
        built: ["file", "format", "error", "no_data_after"],
        notBuilt: [
            "journal", "command", "syslog", "drain", "prometheus", "patterns", "latency", "only",
            "ignore", "routes", "fields",
        ])

    static let trigger = Keys(
        built: [
            "name", "when", "severity", "mode", "plan", "suspect_for", "warm_up", "clear_for",
            "min_samples",
        ], notBuilt: ["for", "confidence", "page"])

    static let minSamples = Keys(built: ["streams", "probes"])
    static let rollback = Keys(built: ["plan"])
    static let policy = Keys(
        built: ["action", "page", "respond_within"],
        notBuilt: ["approve", "approve_within", "on_timeout", "after_hours"])
    static let limits = Keys(built: ["max_rollbacks", "per", "cooldown"])
    static let access = Keys(built: ["operate"], notBuilt: ["approve"])
    static let plan = Keys(
        built: ["budget", "gates", "before", "methods", "after", "verify", "probation"],
        notBuilt: ["walk_back", "drill", "drill_every", "target", "services"])
    static let gate = Keys(
        built: ["name", "exec", "unit", "with", "timeout"], notBuilt: ["http", "sql", "manual"])
    static let step = Keys(
        built: [
            "name", "exec", "unit", "with", "timeout", "idempotent", "retries", "on_failure",
            "check",
        ],
        notBuilt: ["http", "sql", "manual", "wait", "phases", "target", "stdin", "chdir", "env"])
    static let check = Keys(built: ["exec", "unit", "with"], notBuilt: ["http", "sql"])
    static let method = Keys(
        built: ["name", "loses", "approve", "steps"], notBuilt: ["changes", "check"])
    static let verify = Keys(
        built: [
            "version", "land_within", "settle", "probes", "clear_for", "when", "timeout",
        ])
    static let channel = Keys(
        built: ["slack", "webhook"],
        notBuilt: [
            "pagerduty", "opsgenie", "smtp", "discord", "teams", "google_chat", "statuspage",
            "share_evidence",
        ])
    static let webhook = Keys(built: ["url", "secret"])
    static let routeStep = Keys(built: ["to"])
}
