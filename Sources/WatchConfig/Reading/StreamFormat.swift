// What the lines of a stream look like, and so what can be named in them.

import WatchCore
import WatchPatterns
import WatchStreams

/// A format that was understood.
struct StreamFormat {
    var format: StreamConfiguration.Format
    /// What an nginx format or a regex has to name.
    var names: [String] = []

    /// Named formats as nginx log_format strings (ngx_http_log_module; Apache mod_log_config).
    static let known = [
        "nginx-combined": LogFormat.nginxCombined, "apache-combined": LogFormat.apacheCombined,
        "apache-common": LogFormat.apacheCommon,
    ]

    private static let remedy =
        "write nginx-combined, apache-combined, apache-common, the log_format string of nginx, "
        + "json, logfmt, or { regex: PATTERN }"

    /// nil, and a diagnostic, when it is none.
    /// - Parameter status: the nginx variable that is to be the status, if it is not `$status`.
    static func read(
        _ value: YAMLValue, status: String?, _ problems: Problems
    ) -> StreamFormat? {
        if value.entries != nil {
            guard let section = Section(value, .regexFormat, problems),
                let text = section.pattern("regex")
            else { return nil }
            let names = (try? Pattern(text))?.names.keys.sorted() ?? []
            return StreamFormat(format: .regex(text), names: names)
        }
        guard let text = Scalars.text(value, "format", limit: 4096, problems) else { return nil }
        switch text {
        case "json": return StreamFormat(format: .json)
        case "logfmt": return StreamFormat(format: .logfmt)
        case "regex":
            problems.error(
                value.place, "the format 'regex' is missing its pattern",
                "write format: { regex: '^(?<level>[A-Z]+) ' }")
            return nil
        case "syslog":
            problems.error(value.place, "the format '\(text)' is not built yet", remedy)
            return nil
        default: break
        }
        if text.contains("$") || known[text] != nil {
            return nginx(known[text] ?? text, value, status, problems)
        }
        let names = known.keys.sorted() + ["json", "logfmt"]
        let near = Suggestion.nearest(to: text, among: names)
        problems.error(
            value.place, "no format '\(printable(text, limit: 60))'",
            near.map { "did you mean '\($0)'?" } ?? remedy)
        return nil
    }

    /// The scanner itself says whether it can read the format.
    private static func nginx(
        _ text: String, _ value: YAMLValue, _ status: String?, _ problems: Problems
    ) -> StreamFormat? {
        do {
            let roles = status.map { [StreamConfiguration.Role.status: named($0)] } ?? [:]
            let format = try LogFormat(text, roles: roles)
            return StreamFormat(format: .nginx(text), names: format.variables)
        } catch {
            problems.error(value.place(ofByte: error.position), error.message, error.remedy)
            return nil
        }
    }

    private static func named(_ name: String) -> StreamConfiguration.Field {
        StreamConfiguration.Field(.name(name))
    }
}
