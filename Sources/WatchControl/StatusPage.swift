// The page at `/`: one file without anything from elsewhere, for a browser behind
// `ssh -L 8080:/run/watchd/watchd.sock host`. Without JavaScript it is a snapshot; with it, it
// asks for the status every two seconds.

import HTTPTypes
import Hummingbird
import WatchCore

enum StatusPage {
    static func response(_ report: StatusReport) -> Response {
        let nonce = nonce()
        var response = Answer.bytes(
            Array(html(report, nonce: nonce).utf8), type: "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return response
    }

    /// 128 random bits: only what this answer wrote itself may run.
    private static func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }

    static func html(_ report: StatusReport, nonce: String) -> String {
        let problem = report.storeProblem.map { "store: " + $0 } ?? ""
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>watchd</title>
            <style nonce="\(nonce)">\(style)</style>
            </head>
            <body>
            <h1>watchd <small id="version">\(escaped(report.daemon.version))</small></h1>
            <p id="summary">\(escaped(summary(report)))</p>
            <p id="problem" class="breached">\(escaped(problem))</p>
            <table>
            <thead><tr><th>service</th><th>verdict</th><th>release</th><th>last known good</th>\
            <th>if it broke now</th><th>incident</th></tr></thead>
            <tbody id="services">
            \(report.services.map(row).joined(separator: "\n"))
            </tbody>
            </table>
            <p id="time">as of \(escaped(report.time.text))</p>
            <script nonce="\(nonce)">\(script)</script>
            </body>
            </html>

            """
    }

    private static func summary(_ report: StatusReport) -> String {
        let arm = report.armed
        let state = arm.armed ? "armed" : "disarmed"
        let reason = arm.reason.isEmpty ? "" : ": \(arm.reason)"
        let quiet = (report.quiet ?? []).filter(\.isOn).map {
            " · \($0.kind.rawValue) \($0.name)"
        }.joined()
        let network = report.ownNetwork == nil ? "" : " · this host's own network fails"
        return "\(state) by \(arm.by)\(reason)\(quiet)\(network)"
    }

    private static func row(_ service: ServiceStatus) -> String {
        let cells = [
            service.name, service.verdict.rawValue,
            service.release.map { "\($0.version) \($0.standing.rawValue)" }
                ?? service.releaseNote ?? "unknown",
            service.lastKnownGood ?? "none", service.readiness.text,
            service.incident.map { "\($0.id) \($0.state.rawValue)" } ?? "",
        ]
        let html = cells.enumerated().map { index, text in
            let mark = index == 1 ? " class=\"\(service.verdict.rawValue)\"" : ""
            return "<td\(mark)>\(escaped(text))</td>"
        }
        return "<tr>\(html.joined())</tr>"
    }

    /// For element content and quoted attributes (HTML standard, §13.1).
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in printable(text, limit: 500) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }
}
