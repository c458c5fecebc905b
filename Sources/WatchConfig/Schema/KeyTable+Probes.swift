// The keys of probes, of all kinds together; which kind has which says `ProbeKind`.

import WatchCore

extension KeyTable {
    /// How one HTTP request is made; for probes and version sources.
    static let request: [Key] = [
        .key(
            "method", .choice(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
            "GET unless there is a body, then POST."),
        .key("headers", .named(.text), "Further headers."),
        .key("body", .text, "The body, as it is."),
        .key("form", .named(.text), "The fields of a form, in place of a body."),
        .key("bearer", .text, "A token, as in \"${credential:token}\"."),
        .key("basic", .section(.login), "User and password (RFC 7617)."),
        .key("redirects", .integer(0...20), "Redirects followed (5)."),
        .key("ca_file", .text, "A PEM bundle instead of the system's authorities."),
        .key("verify_tls", .boolean, "false: certificates are not checked."),
        .key("client_certificate", .section(.clientCertificate), "Who asks, for TLS."),
        .key("max_body", .integer(1...(64 << 20)), "Bytes of the answer that are read (1 MiB)."),
        .key(
            "http_version", .choice(HTTPRequestSpec.Version.allCases.map(\.rawValue)),
            "1.1, or 2: agreed on with TLS, from the first byte on without (1.1)."),
        .key("proxy", .text, "http://, https://, socks5:// or socks5h:// URL of a proxy."),
        .key("unix_socket", .text, "A Unix socket to connect to instead of the URL's host."),
        .key("resolve", .text, "The address of the URL's host, instead of what its name says."),
        .key(
            "ip", .choice(HTTPRequestSpec.Family.allCases.map(\.rawValue)),
            "4 or 6: only addresses of that kind."),
    ]

    static let login = KeyTable(
        "basic",
        [
            .required("user", .text, "The user."),
            .required("password", .text, "The password, as in \"${credential:NAME}\"."),
        ])

    static let clientCertificate = KeyTable(
        "client_certificate",
        [
            .required("certificate", .text, "A PEM file."),
            .required("key", .text, "A PEM file, or its text as in \"${credential:NAME}\"."),
        ])

    static let degraded = KeyTable(
        "degraded",
        [
            .required(
                "unless", .section(.expectation),
                "As expect: without it an answer that passes is a degraded one.")
        ])

    static let times = KeyTable(
        "time",
        HTTPExpectation.Phase.allCases.map {
            .key($0.rawValue, .text, "How long it may take, as in \"< 200ms\".")
        })

    static let probe = KeyTable(
        "a probe",
        notBuilt: ["confidence", "recheck"],
        [
            .key("http", .text, "The URL."),
            .key("tcp", .text, "HOST:PORT to connect to."),
            .key("tls", .text, "HOST:PORT to shake hands with."),
            .key("dns", .text, "The name that is looked up."),
            .key(
                "grpc", .text,
                "HOST:PORT, or https://HOST:PORT, of a server with grpc.health.v1.Health."),
            .key(
                "exec", .list(.text), "A program and its arguments, run without a shell."),
            .key("unit", .text, "A unit of systemd, as in shop.service."),
            .key("journey", .list(.section(.journeyStep)), "Steps, one after another."),
            .key("prometheus", .text, "The URL of a Prometheus server that is asked a query."),
            .required("every", .duration, "How often."),
            .key("timeout", .duration, "Of the whole probe (5s)."),
            .key("failures", .integer(1...100), "So many in a row make it failing (2)."),
            .key("successes", .integer(1...100), "So many in a row make it pass again (2)."),
            .key("json", .json, "http: the body, written as JSON."),
            .key("send", .text, "tcp: what is said first, as in \"PING\\r\\n\"."),
            .key(
                "max_bytes", .integer(1...TCPCheck.mostBytes),
                "tcp: bytes that are listened to at most (4096)."),
            .key("servername", .text, "tls: the name that is asked for, if not the host."),
            .key(
                "type", .choice(DNSCheck.RecordType.allCases.map(\.rawValue)),
                "dns: of the records (A)."),
            .key(
                "server", .text,
                "dns: the address of the server that is asked, as in 192.0.2.53 or "
                    + "127.0.0.1:5353; this host's own resolver if not given."),
            .key("service", .text, "grpc: one service; the server as a whole if not given."),
            .key(
                "degraded", .section(.degraded),
                "http: what a good answer also has; its lack is shown and is no failure."),
            .key("query", .text, "prometheus: PromQL that gives one number."),
            .key(
                "connection",
                .choice(HTTPRequestSpec.ConnectionUse.allCases.map(\.rawValue)),
                "http, grpc: fresh asks as a new client does, resume uses the TLS session again, "
                    + "keep the connection for up to a minute (fresh)."),
            .key(
                "env", .named(.text),
                "exec: variables of its environment; the way for secrets."),
            .key(
                "nagios", .boolean,
                "exec: true: it is a plugin of Nagios, which ends with 0 to 3 for OK, WARNING "
                    + "(both pass), CRITICAL and UNKNOWN (an error)."),
            .key(
                "expect",
                .either([
                    .section(.expectation), .section(.tcpExpectation), .section(.tlsExpectation),
                    .section(.dnsExpectation), .section(.execExpectation),
                    .section(.unitExpectation), .section(.prometheusExpectation),
                ]), "Which answer is good, kind by kind; http: 200 to 299 if not given."),
        ] + request)

    static let expectation = KeyTable(
        "expect of an http probe",
        notBuilt: ["latency"],
        [
            .key(
                "status", .either([.text, .list(.text)]),
                "200, 2xx, or a list of these."),
            .key(
                "json", .named(.json),
                "Path to value: a value, a comparison such as \"< 100\", exists, absent, "
                    + "\"contains TEXT\", \"matches PATTERN\", or \"semver ^1.4\"."),
            .key("headers", .named(.text), "Header to value or comparison, as for json."),
            .key("contains", .text, "A text the body contains."),
            .key("matches", .text, "A PCRE2 pattern the body matches."),
            .key(
                "size", .either([.text, .list(.text)]),
                "Bytes of the body, as in \"> 100\", or a list of these."),
            .key("time", .section(.times), "How long each phase may take."),
        ])

    static let tcpExpectation = KeyTable(
        "expect of a tcp probe",
        [
            .key("contains", .text, "A text that is heard."),
            .key("matches", .text, "A PCRE2 pattern that what is heard matches."),
        ])

    static let tlsExpectation = KeyTable(
        "expect of a tls probe",
        [
            .key(
                "expires_in", .text,
                "All certificates of the chain are good for longer, as in \"> 14d\"."),
            .key(
                "name", .either([.text, .list(.text)]),
                "Further names that the certificate is for; the host is checked anyway."),
            .key(
                "min_version", .choice(TLSCheck.Version.allCases.map(\.rawValue)),
                "The TLS version that is agreed on, at least."),
        ])

    static let dnsExpectation = KeyTable(
        "expect of a dns probe",
        [
            .key(
                "rcode", .choice(DNSCheck.ResponseCode.allCases.map(\.rawValue)),
                "What the server answers (NOERROR, and then one record at least)."),
            .key("values", .either([.text, .list(.text)]), "The records: these and no others."),
            .key("includes", .either([.text, .list(.text)]), "Records that are among them."),
        ])

    static let execExpectation = KeyTable(
        "expect of an exec probe",
        [
            .key(
                "exit", .either([.integer(0...255), .list(.integer(0...255))]),
                "The exit status, or a list of good ones (0)."),
            .key(
                "json", .named(.json),
                "Path to value in what it prints, as for http."),
            .key("contains", .text, "A text that it prints."),
            .key("matches", .text, "A PCRE2 pattern that what it prints matches."),
        ])

    static let prometheusExpectation = KeyTable(
        "expect of a prometheus probe",
        [
            .required(
                "value", .either([.text, .list(.text)]),
                "What the number is, as in \"< 5%\", or a list of these.")
        ])

    static let unitExpectation = KeyTable(
        "expect of a unit probe",
        [
            .key(
                "state",
                .either([
                    .choice(UnitCheck.State.allCases.map(\.rawValue)),
                    .list(.choice(UnitCheck.State.allCases.map(\.rawValue))),
                ]), "Its state, or a list of good ones (active, reloading)."),
            .key("memory", .text, "Memory of its control group, as in \"< 1.5GiB\"."),
            .key(
                "cpu", .text,
                "Processor time since the probe before, in percent of a core, as in \"< 90%\"."),
        ])
}
