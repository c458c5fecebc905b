// Turns a `log_format` string into fields, and refuses what could only be guessed at.

import WatchCore

struct LogFormatCompiler {
    private(set) var literals: [UInt8] = []
    private(set) var prefix = LogFormat.Literal(start: 0, count: 0)
    private(set) var fields: [LogFormat.Field] = []
    private(set) var names: [String] = []
    private let bytes: [UInt8]
    private let roles: [StreamConfiguration.Role: String]

    init(
        _ source: String, roles: [StreamConfiguration.Role: StreamConfiguration.Field] = [:]
    ) {
        bytes = Array(source.utf8)
        self.roles = roles.compactMapValues { field in
            if case .name(let name) = field.source { name } else { nil }
        }
    }

    mutating func run() throws(LogFormatError) {
        if let percent = bytes.firstIndex(of: UInt8(ascii: "%")) {
            throw LogFormatError(
                position: percent, message: "'%' is Apache's way to write a field",
                remedy: "write nginx's variables ($status), or apache-common or apache-combined")
        }
        var at = 0
        try literal(&at)
        while at < bytes.count {
            try variable(&at)
            try literal(&at)
        }
        let status = roles[.status] ?? "status"
        guard names.contains(status) else {
            throw LogFormatError(
                position: bytes.count, message: "the format needs $\(status)",
                remedy: "add $\(status) to nginx's log_format and here; without it no line can be "
                    + "told to be an error")
        }
        choose(status)
    }

    private mutating func literal(_ at: inout Int) throws(LogFormatError) {
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "$") {
            guard bytes[at] != UInt8(ascii: "\n") else {
                throw LogFormatError(
                    position: at, message: "the format spans lines",
                    remedy: "write it on one line, as nginx logs it")
            }
            at += 1
        }
        let place = LogFormat.Literal(start: literals.count, count: at - start)
        let quote = UInt8(ascii: "\"")
        if fields.isEmpty {
            prefix = place
        } else {
            let last = fields.count - 1
            fields[last].terminator = place
            // Between two literals stands nothing, so the one before ends where this one starts.
            fields[last].isQuoted =
                literals.last == quote && start < at && bytes[start] == quote
        }
        literals += bytes[start..<at]
    }

    private mutating func variable(_ at: inout Int) throws(LogFormatError) {
        let dollar = at
        if let previous = names.last, fields[fields.count - 1].terminator.count == 0 {
            throw LogFormatError(
                position: dollar,
                message: "nothing stands between $\(previous) and the variable after it",
                remedy: "put a space or another separator between them in nginx's log_format")
        }
        at += 1
        let isBraced = at < bytes.count && bytes[at] == UInt8(ascii: "{")
        if isBraced { at += 1 }
        let start = at
        while at < bytes.count, Self.isNameByte(bytes[at]) { at += 1 }
        let name = String(decoding: bytes[start..<at], as: UTF8.self)
        guard !name.isEmpty else {
            throw LogFormatError(
                position: dollar, message: "'$' begins no variable",
                remedy: "write a name after it, such as $status")
        }
        if isBraced {
            guard at < bytes.count, bytes[at] == UInt8(ascii: "}") else {
                throw LogFormatError(
                    position: dollar, message: "${\(name) is not closed",
                    remedy: "write ${\(name)} or $\(name)")
            }
            at += 1
        }
        names.append(name)
        fields.append(LogFormat.Field(use: .skip, terminator: .init(start: 0, count: 0)))
    }

    /// Gives each variable its use; of several times or latencies the best one counts.
    private mutating func choose(_ status: String) {
        let time =
            roles[.time] ?? ["msec", "time_iso8601", "time_local"].first { names.contains($0) }
        let latency =
            roles[.latency]
            ?? ["request_time", "upstream_response_time"].first { names.contains($0) }
        let first = names.firstIndex(of: status)
        for (index, name) in names.enumerated() {
            let use: LogFormat.Use =
                switch name {
                case status: index == first ? .status : .skip
                case latency: Self.latencyUse(name)
                case "msec" where name == time && roles[.time] == nil: .milliseconds
                case "time_iso8601" where name == time: .timeISO
                // Even where another time counts, its value holds a space.
                case "time_local": name == time ? .timeLocal : .text
                case time: .timeText
                default: Self.skipping(name)
                }
            fields[index].use = use == .text && fields[index].isQuoted ? .skip : use
        }
    }

    /// What nginx measures it writes in seconds.
    private static func latencyUse(_ name: String) -> LogFormat.Use {
        if lists.contains(name) { return .upstreamSeconds }
        return name == "request_time" ? .seconds : .duration
    }

    private static func skipping(_ name: String) -> LogFormat.Use {
        if lists.contains(name) { return .list }
        if texts.contains(name) { return .text }
        return textPrefixes.contains { name.hasPrefix($0) } ? .text : .skip
    }

    /// ngx_http_upstream_module: "separated by commas and colons like addresses in
    /// the $upstream_addr variable".
    static let lists: Set<String> = [
        "upstream_addr", "upstream_bytes_received", "upstream_bytes_sent", "upstream_connect_time",
        "upstream_header_time", "upstream_response_length", "upstream_response_time",
        "upstream_status", "upstream_first_byte_time", "upstream_session_time",
    ]
    private static let texts: Set<String> = [
        "remote_user", "request", "request_uri", "uri", "document_uri", "request_filename",
        "request_body", "args", "query_string", "host", "http_host", "ssl_client_s_dn",
        "ssl_client_i_dn", "date_local", "date_gmt",
    ]
    private static let textPrefixes = [
        "http_", "sent_http_", "upstream_http_", "arg_", "cookie_", "upstream_cookie_",
    ]

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
