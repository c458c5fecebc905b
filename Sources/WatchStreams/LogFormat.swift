// An nginx `log_format` as a program for a byte scanner. A regular expression would do ten times
// less and could be made slow by a hostile line; literals between variables are enough.

public import WatchCore

/// What lines of a log look like: an nginx `log_format` string (ngx_http_log_module), compiled.
///
/// Read are, unless `roles` names others, `$status`; `$request_time` or else
/// `$upstream_response_time` (several values are summed: it is what the client waited for; `-` is
/// no latency); `$msec`, or else `$time_iso8601`, or else `$time_local`. Where the values of
/// `captures` stand is kept; every other variable is skipped up to the literal after it.
///
/// A value between double quotes ends at a quote that no backslash escapes (nginx writes quotes in
/// values as `\x22`, nginx with `escape=json` and Apache as `\"`). Unquoted values hold no space,
/// except the lists of `$upstream_…` variables and what clients can fill with spaces (`$request`,
/// `$uri`, `$http_…`, `$remote_user` …): there the end is where the rest of the line fits. Quote
/// such variables in the log format where you can.
public struct LogFormat: Hashable, Sendable {
    enum Use: Hashable, Sendable {
        case skip
        /// Values a client can put spaces in; only unquoted.
        case text
        /// Values separated by `, ` and ` : `.
        case list
        case status, seconds, upstreamSeconds, timeLocal, timeISO, milliseconds
        /// Variables of the administrator's own, named as the latency or the time.
        case duration, timeText
    }

    /// Where in `literals` a literal is; by place, since an array in each field would be retained
    /// and released for each line.
    struct Literal: Hashable, Sendable {
        var start: Int
        var count: Int
    }

    /// A variable and the literal after it; empty: it reaches to the end of the line.
    struct Field: Hashable, Sendable {
        var use: Use
        var terminator: Literal
        /// Enclosed in double quotes.
        var isQuoted = false
        /// Which of the captures it is; −1: none. Small, so that a field takes 32 bytes.
        var slot: Int8 = -1
    }

    public static let nginxCombined =
        #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "#
        + #""$http_referer" "$http_user_agent""#
    public static let apacheCommon =
        #"$remote_addr $remote_ident $remote_user [$time_local] "$request" $status "#
        + #"$body_bytes_sent"#
    public static let apacheCombined =
        apacheCommon + #" "$http_referer" "$http_user_agent""#

    /// What it was made from.
    public let source: String
    let literals: [UInt8]
    /// What a line begins with.
    let prefix: Literal
    let fields: [Field]
    /// Their names, without `$`, in the order of the format.
    public let variables: [String]
    /// How many units of `duration` are a second.
    let latencyPerSecond: Double
    /// Powers of ten from the time's unit to nanoseconds; only for `timeText`.
    let timeExponent: Int

    /// Whether lines carry their own time.
    public var hasTime: Bool {
        fields.contains { [.timeLocal, .timeISO, .milliseconds, .timeText].contains($0.use) }
    }

    /// Whether lines carry a latency.
    public var hasLatency: Bool {
        fields.contains { [.seconds, .upstreamSeconds, .duration].contains($0.use) }
    }

    /// Variables in which nginx writes the route, the best first.
    public static let routeVariables = ["request", "request_uri", "uri", "document_uri"]

    /// Whether the variable can hold several values, one for each upstream.
    public static func isList(_ variable: String) -> Bool {
        LogFormatCompiler.lists.contains(variable)
    }

    /// Whether nginx decides how the time or the duration is written.
    public static func isMeasuredByNginx(_ variable: String) -> Bool {
        isList(variable)
            || ["request_time", "msec", "time_iso8601", "time_local"].contains(variable)
    }

    /// - Parameters:
    ///   - roles: variables, without `$`, to be read in stead of the usual ones.
    ///   - captures: variables, without `$`, whose places are kept, by their index.
    public init(
        _ source: String, roles: [StreamConfiguration.Role: StreamConfiguration.Field] = [:],
        captures: [String] = []
    ) throws(LogFormatError) {
        var compiler = LogFormatCompiler(source, roles: roles)
        try compiler.run()
        self.source = source
        literals = compiler.literals
        prefix = compiler.prefix
        variables = compiler.names
        latencyPerSecond = (roles[.latency]?.unit ?? .s).perSecond
        timeExponent = (roles[.time]?.unit ?? .s).nanosecondsExponent
        var fields = compiler.fields
        for (slot, name) in captures.prefix(Int(Int8.max)).enumerated() {
            if let index = variables.firstIndex(of: name) { fields[index].slot = Int8(slot) }
        }
        self.fields = fields
    }
}
