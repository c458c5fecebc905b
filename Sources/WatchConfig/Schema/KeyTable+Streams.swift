// The keys of streams.

import WatchCore

extension KeyTable {
    static let stream = KeyTable(
        "a stream",
        notBuilt: ["no_data", "message"],
        [
            .key(
                "file", .text,
                "The log file; rotation is followed. A pattern (*.log) names several."),
            .key(
                "journal", .section(.journal),
                "Entries of systemd's journal; a line is the MESSAGE, its level the PRIORITY."),
            .key(
                "command", .list(.text),
                "A program and its arguments, whose standard output is followed; started again "
                    + "when it ends."),
            .key(
                "syslog", .section(.syslog),
                "Listens for syslog (RFC 5424, RFC 3164); a line is the message, its level the "
                    + "severity."),
            .key(
                "drain", .section(.drain),
                "Takes lines that are posted over HTTP: NDJSON, JSON arrays, or text."),
            .key(
                "format", .either([.text, .section(.regexFormat)]),
                "nginx-combined, apache-common, apache-combined, an nginx log_format string, json, "
                    + "logfmt, or { regex: PATTERN }; only a stream with patterns can do without."),
            .key(
                "status", fieldShape,
                "Where the status stands: $variable, JSON path, logfmt key or group."),
            .key(
                "latency", fieldShape,
                "Where the latency stands; a number is in seconds unless it has a unit."),
            .key(
                "time", fieldShape,
                "Where a line's own time stands: RFC 3339, nginx's local time, or since 1970."),
            .key("level", fieldShape, "Where the level stands, such as info or error."),
            .key("route", fieldShape, "Where the path or request stands."),
            .key(
                "fields", .named(.text),
                "Values that are told apart, for affected(stream.NAME, W) and for filters."),
            .key(
                "patterns", .named(.text),
                "PCRE2 patterns whose lines are counted, for matches(stream.NAME, W)."),
            .key(
                "error", .text,
                "Which lines are errors: status >= 400 or level == error (status >= 500)."),
            .key(
                "only", filters,
                "Lines that none of these fits are left out: line, status, level, route or a "
                    + "field, each with a pattern."),
            .key("ignore", filters, "Lines that one of these fits are left out, such as bots."),
            .key("routes", .boolean, "true: requests are counted by route, a bounded number."),
            .key(
                "multiline", .either([.choice(["java", "python"]), .section(.multiline)]),
                "Lines that belong together are one record: stack traces, or by how one starts."),
            .key("no_data_after", .duration, "Silence for so long makes the stream blind."),
        ])

    static let journal = KeyTable(
        "journal",
        [
            .key("unit", .text, "The unit whose entries are read, such as shop.service."),
            .key("units", .list(.text), "Several units."),
            .key("identifiers", .list(.text), "What syslog calls a tag (SYSLOG_IDENTIFIER)."),
            .key(
                "priority", .choice(JournalSelection.Priority.allCases.map(\.rawValue)),
                "This and what is worse (all)."),
            .key(
                "match", .named(.either([.text, .list(.text)])),
                "Fields of systemd.journal-fields(7) and the value, or values, they have."),
            .key("directory", .text, "Where journal files lie, if not those of this host."),
        ])

    static let syslog = KeyTable(
        "syslog",
        [
            .key("udp", .text, "Address and port to listen at, or a port of 127.0.0.1."),
            .key("tcp", .text, "Likewise; messages are octet-counted or end with a newline."),
            .key("tls", .text, "Likewise, over TLS (RFC 5425)."),
            .key("unix", .text, "A datagram socket that is made, such as for nginx."),
            .key("unix_stream", .text, "A socket that is made and that senders connect to."),
        ] + tls + [
            .key("mode", .text, "Permissions of that socket (\"0660\")."),
            .key(
                "programs", .list(.text),
                "Only what these send (APP-NAME, or the tag of RFC 3164)."),
        ])

    static let drain = KeyTable(
        "drain",
        [
            .key("http", .text, "Address and port to listen at, or a port of 127.0.0.1."),
            .key("https", .text, "Likewise, over TLS."),
        ] + tls + [
            .key("path", .text, "Only what is posted to this path, such as /logs."),
            .key(
                "signature", .section(.drainSignature),
                "Only what is signed: a keyed hash of the body in a header."),
            .key(
                "token", .text,
                "Only what has this token (Authorization: Bearer), as in \"${credential:token}\"."),
            .key(
                "verify", .text,
                "Answered in the header x-vercel-verify: the code that Vercel shows."),
            .key(
                "max_body", .integer(DrainListener.bodyLimits),
                "Bytes of a body, packed and unpacked (4 MiB)."),
        ])

    /// What a listener needs to speak TLS.
    private static let tls: [Key] = [
        .key("certificate", .text, "A PEM file: the certificate and its chain."),
        .key("key", .text, "A PEM file, or its text as in \"${credential:NAME}\"."),
        .key("client_ca", .text, "A PEM file: only clients with a certificate of these."),
    ]

    static let drainSignature = KeyTable(
        "signature",
        [
            .required("header", .text, "Where it stands, such as x-vercel-signature."),
            .required(
                "algorithm", .choice(DrainListener.Signature.Algorithm.allCases.map(\.rawValue)),
                "Of the keyed hash (HMAC); Vercel's is sha1."),
            .required("secret", .text, "The key, as in \"${credential:NAME}\"."),
        ])

    static let multiline = KeyTable(
        "multiline",
        [
            .required("start", .text, "A PCRE2 pattern; a line with it begins a record."),
            .key("lines", .integer(2...10_000), "Lines of one record at most (500)."),
            .key("wait", .duration, "Without a line for so long a record is at its end (500ms)."),
        ])

    static let regexFormat = KeyTable(
        "format",
        [
            .required(
                "regex", .text,
                "A PCRE2 pattern; its groups status, latency, time, level and route are read, the "
                    + "others become fields.")
        ])

    static let field = KeyTable(
        "a field",
        [
            .key("field", .text, "Where the value stands."),
            .key(
                "unit", .choice(StreamConfiguration.Unit.allCases.map(\.rawValue)),
                "What the number counts (s)."),
        ])

    private static let fieldShape = Shape.either([.text, .section(.field)])
    private static let filters = Shape.list(.named(.text))
}
