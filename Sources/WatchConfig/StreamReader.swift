// A followed log, its format and what counts as an error in it.

import WatchCore
import Yams

struct StreamReader {
    let name: String

    /// Formats with a name, as nginx and Apache define them.
    static let formats = [
        "nginx-combined":
            #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "#
            + #""$http_referer" "$http_user_agent""#,
        "apache-common":
            #"$remote_addr $remote_ident $remote_user [$time_local] "$request" $status "#
            + "$body_bytes_sent",
        "apache-combined":
            #"$remote_addr $remote_ident $remote_user [$time_local] "$request" $status "#
            + #"$body_bytes_sent "$http_referer" "$http_user_agent""#,
    ]

    private static let notBuilt = ["json", "logfmt"]

    func read(_ value: Value) -> StreamConfiguration? {
        guard let fields = value.fields("stream \(name)", .stream) else { return nil }
        let path = fields.required("file", remedy: "as in file: /var/log/nginx/access.log")?.path()
        let format = fields.required("format", remedy: "as in format: nginx-combined")
            .flatMap(format)
        guard let path, let format else { return nil }
        var stream = StreamConfiguration(name: name, kind: .file(path: path), format: format)
        if let error = fields["error"] { stream.errorStatus = errorStatus(error) ?? 500 }
        stream.noDataAfter = fields["no_data_after"]?.duration(atLeast: .seconds(1))
        return stream
    }

    private func format(_ value: Value) -> StreamConfiguration.Format? {
        if case .mapping = value.node {
            value.error(
                "formats with fields or a regex are not built yet",
                remedy: "use \(Self.formats.keys.sorted().joined(separator: ", ")) or an nginx "
                    + "log_format string")
            return nil
        }
        guard let text = value.text else { return nil }
        if let known = Self.formats[text] { return .nginx(known) }
        if Self.notBuilt.contains(text) {
            value.error("the format '\(text)' is not built yet")
            return nil
        }
        guard text.contains("$") else {
            let known = Self.formats.keys.sorted()
            value.error(
                "no format '\(printable(text, limit: 60))'",
                remedy: Suggestion.nearest(to: text, among: known).map { "did you mean '\($0)'?" }
                    ?? "use \(known.joined(separator: ", ")) or an nginx log_format string")
            return nil
        }
        guard text.contains("$status") else {
            value.error(
                "the format has no $status, so no line could be told from an error",
                remedy: "add $status to log_format in nginx and here")
            return nil
        }
        return .nginx(text)
    }

    /// `status >= 400`.
    private func errorStatus(_ value: Value) -> Int? {
        guard let text = value.text else { return nil }
        let words = text.split(separator: " ")
        if words.count == 3, words[0] == "status", words[1] == ">=", let code = Int(words[2]),
            (100...599).contains(code)
        {
            return code
        }
        value.error(
            "'\(printable(text, limit: 60))' is no error rule that is built yet",
            remedy: "write it as 'status >= 400'")
        return nil
    }
}
