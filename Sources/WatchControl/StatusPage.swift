// The page at `/`: one file without anything from elsewhere, for a browser behind
// `ssh -L 8080:/run/watchd/watchd.sock host`. Without JavaScript it is a snapshot; with it, it
// asks for itself every two seconds, so that both show the same.

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
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>watchd</title>
        <style nonce="\(nonce)">\(style)</style>
        </head>
        <body>
        <p id="lost" class="breached"></p>
        <main id="page">
        <h1>watchd <small>\(escaped(report.daemon.version))</small></h1>
        <p class="\(report.armed.armed ? "armed" : "warning")">\(escaped(summary(report)))</p>
        \(problems(report))
        <table>
        <thead><tr><th>service</th><th>verdict</th><th>release</th><th>last known good</th>\
        <th>if it broke now</th><th>incident</th></tr></thead>
        <tbody>
        \(report.services.map(row).joined(separator: "\n"))
        </tbody>
        </table>
        \(drills(report.drills ?? []))
        <p class="time">as of \(escaped(report.time.text))</p>
        </main>
        <script nonce="\(nonce)">\(script)</script>
        </body>
        </html>

        """
    }

    // MARK: - What is not as it should be

    private struct Problem {
        var text: String
        /// Something is not done because of it, or somebody is not told.
        var isBad = false
    }

    /// The same as `watchctl status` warns of, the worst first.
    private static func problems(_ report: StatusReport) -> String {
        var problems: [Problem] = []
        if let problem = report.storeProblem {
            problems.append(
                Problem(text: "store unavailable, so nothing is done: \(problem)", isBad: true))
        }
        for service in report.services {
            problems += [service.incident, service.blindIncident].compactMap(undelivered)
        }
        problems += (report.storage?.warnings(report.daemon.stateDirectory) ?? []).map {
            Problem(text: $0)
        }
        for drill in report.drills ?? [] where drill.overdue {
            problems.append(Problem(text: "drill overdue: plan \(drill.plan): \(drill.text)"))
        }
        for service in report.services {
            problems += ([service.readiness.problem].compactMap { $0 } + (service.notices ?? []))
                .map { Problem(text: "\(service.name): \($0)") }
        }
        guard !problems.isEmpty else { return "" }
        let lines = problems.map { problem in
            let (mark, style) = problem.isBad ? ("✖", "breached") : ("!", "warning")
            return "<li class=\"\(style)\">\(mark) \(escaped(problem.text, limit: 1000))</li>"
        }
        return "<ul class=\"problems\">\n\(lines.joined(separator: "\n"))\n</ul>"
    }

    private static func undelivered(_ incident: IncidentRecord?) -> Problem? {
        guard let incident, let page = incident.undelivered else { return nil }
        return Problem(
            text: "\(incident.id): no channel takes its page since \(page.since.text): "
                + "\(page.problems); see `watchctl deliveries`", isBad: true)
    }

    // MARK: - Parts

    private static func drills(_ drills: [DrillStatus]) -> String {
        guard !drills.isEmpty else { return "" }
        let rows = drills.map { drill in
            let mark = drill.overdue ? " class=\"warning\"" : ""
            return "<tr><td>\(escaped(drill.plan))</td><td>\(escaped(drill.service))</td>"
                + "<td\(mark)>\(escaped(drill.text))</td></tr>"
        }
        return """
            <h2>drills</h2>
            <table>
            <thead><tr><th>plan</th><th>on</th><th>last</th></tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>
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
            [service.incident, service.blindIncident].compactMap { $0 }.map {
                "\($0.id) \($0.state.rawValue)"
            }.joined(separator: ", "),
        ]
        let html = cells.enumerated().map { index, text in
            let mark = index == 1 ? " class=\"\(service.verdict.rawValue)\"" : ""
            return "<td\(mark)>\(escaped(text))</td>"
        }
        return "<tr>\(html.joined())</tr>"
    }

    /// For element content and quoted attributes (HTML standard, §13.1).
    static func escaped(_ text: String, limit: Int = 500) -> String {
        var result = ""
        for character in printable(text, limit: limit) {
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
