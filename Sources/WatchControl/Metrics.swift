// The status as Prometheus text (exposition format 0.0.4), made of the same report that people
// see, so the two cannot disagree.

import WatchCore

struct Metrics {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var lines: [String] = []

    static func text(_ report: StatusReport) -> String {
        var metrics = Metrics()
        metrics.addDaemon(report)
        metrics.addServices(report.services)
        metrics.addPlans(report.services)
        metrics.addDrills(report.drills ?? [])
        metrics.addOperations(report.services)
        metrics.addReleases(report.services)
        metrics.addSignals(report.services)
        metrics.addTriggers(report.services)
        metrics.addIncidents(report.services)
        metrics.addUndelivered(report.services)
        metrics.addQuiet(report)
        return metrics.lines.joined(separator: "\n") + "\n"
    }

    private typealias Labels = [(String, String)]

    // MARK: - Families

    private mutating func addDaemon(_ report: StatusReport) {
        family("watchd_up", "1 while watchd answers.")
        sample("watchd_up", [], 1)
        family("watchd_info", "The version that runs.")
        sample("watchd_info", [("version", report.daemon.version)], 1)
        family("watchd_start_time_seconds", "When watchd started, in Unix time.")
        sample(
            "watchd_start_time_seconds", [], Double(report.daemon.started.nanoseconds) / 1e9)
        family("watchd_armed", "1 when automatic rollback is allowed on this host.")
        sample("watchd_armed", [], report.armed.armed ? 1 : 0)
        family("watchd_store_available", "0 when nothing can be stored, so nothing is done.")
        sample("watchd_store_available", [], report.storeProblem == nil ? 1 : 0)
        guard let storage = report.storage else { return }
        if let free = storage.free {
            family("watchd_state_free_bytes", "Room on the disk of the state directory.")
            sample("watchd_state_free_bytes", [], Double(free))
        }
        family("watchd_reserve_held", "1 while 1 MB is held for intents on a full disk.")
        sample("watchd_reserve_held", [], storage.hasReserve ? 1 : 0)
        family("watchd_checkpoints_written", "0 while the last checkpoint could not be written.")
        sample("watchd_checkpoints_written", [], storage.checkpointProblem == nil ? 1 : 0)
    }

    private mutating func addServices(_ services: [ServiceStatus]) {
        family("watchd_service_armed", "1 when automatic rollback of the service is allowed.")
        for service in services {
            sample(
                "watchd_service_armed", [("service", service.name)], service.armed.armed ? 1 : 0)
        }
        family("watchd_service_verdict", "1 for the verdict that the service has now.")
        for service in services {
            for verdict in [VerdictName.healthy, .breached, .insufficient, .blind] {
                sample(
                    "watchd_service_verdict",
                    [("service", service.name), ("verdict", verdict.rawValue)],
                    service.verdict == verdict ? 1 : 0)
            }
        }
        family(
            "watchd_service_ready", "1 when a rollback would be done now; else reason says why.")
        for service in services {
            sample(
                "watchd_service_ready",
                [("service", service.name), ("reason", service.readiness.reason ?? "")],
                service.readiness.ready ? 1 : 0)
        }
    }

    private mutating func addPlans(_ services: [ServiceStatus]) {
        family("watchd_plan_ready", "1 when a rollback by the plan would work; else reason.")
        for service in services {
            for plan in service.readiness.plans ?? [] {
                sample(
                    "watchd_plan_ready",
                    [
                        ("service", service.name), ("plan", plan.plan),
                        ("target", plan.target ?? ""), ("reason", plan.reason ?? ""),
                    ], plan.works ? 1 : 0)
            }
        }
        family("watchd_plan_asked_seconds", "When its gates were asked last, in Unix time.")
        for service in services {
            for plan in service.readiness.plans ?? [] {
                guard let asked = plan.asked else { continue }
                sample(
                    "watchd_plan_asked_seconds",
                    [("service", service.name), ("plan", plan.plan)],
                    Double(asked.nanoseconds) / 1e9)
            }
        }
    }

    private mutating func addDrills(_ drills: [DrillStatus]) {
        func labels(_ drill: DrillStatus) -> Labels {
            [("plan", drill.plan), ("service", drill.service)]
        }
        family("watchd_plan_drill_age_seconds", "Since the last drill that passed.")
        for drill in drills {
            guard let age = drill.age else { continue }
            sample("watchd_plan_drill_age_seconds", labels(drill), age)
        }
        family("watchd_plan_drill_success", "1 when the last drill of the plan passed.")
        for drill in drills {
            guard let last = drill.last else { continue }
            sample(
                "watchd_plan_drill_success", labels(drill), last.outcome == .passed ? 1 : 0)
        }
        family("watchd_plan_drill_overdue", "1 when none passed within drill_every.")
        for drill in drills {
            sample("watchd_plan_drill_overdue", labels(drill), drill.overdue ? 1 : 0)
        }
    }

    private mutating func addOperations(_ services: [ServiceStatus]) {
        family("watchd_operation_began_seconds", "When a running operation began, in Unix time.")
        for service in services {
            for operation in service.operations ?? [] {
                sample(
                    "watchd_operation_began_seconds",
                    [("service", service.name), ("operation", operation.name)],
                    Double(operation.began.nanoseconds) / 1e9)
            }
        }
    }

    private mutating func addReleases(_ services: [ServiceStatus]) {
        family("watchd_release_info", "The release that runs, and what is thought of it.")
        for service in services {
            guard let release = service.release else { continue }
            sample(
                "watchd_release_info",
                [
                    ("service", service.name), ("version", release.version),
                    ("commit", release.commit ?? ""), ("standing", release.standing.rawValue),
                    ("last_known_good", service.lastKnownGood ?? ""),
                ], 1)
        }
        family("watchd_release_since_seconds", "When its deployment began, in Unix time.")
        for service in services {
            guard let release = service.release else { continue }
            sample(
                "watchd_release_since_seconds", [("service", service.name)],
                Double(release.since.nanoseconds) / 1e9)
        }
    }

    private mutating func addSignals(_ services: [ServiceStatus]) {
        let all = services.flatMap { service in
            service.signals.map { signal -> (Labels, ServiceStatus.SignalStatus) in
                ([("service", service.name), ("signal", signal.name)], signal)
            }
        }
        family("watchd_signal_passing", "1 when the signal's state is passing.")
        for (labels, signal) in all {
            sample(
                "watchd_signal_passing", labels + [("state", signal.state.rawValue)],
                signal.state == .passing ? 1 : 0)
        }
        family("watchd_signal_window_seconds", "Width of the window the figures are of.")
        for (labels, signal) in all {
            sample("watchd_signal_window_seconds", labels, signal.window)
        }
        family("watchd_signal_count", "Observations in the window.")
        for (labels, signal) in all { sample("watchd_signal_count", labels, Double(signal.count)) }
        family("watchd_signal_error_rate", "Share of errors in the window, 0 to 1.")
        for (labels, signal) in all {
            if let rate = signal.errorRate { sample("watchd_signal_error_rate", labels, rate) }
        }
        family("watchd_signal_p95_seconds", "95th percentile of latency in the window.")
        for (labels, signal) in all {
            if let p95 = signal.p95 { sample("watchd_signal_p95_seconds", labels, p95) }
        }
    }

    private mutating func addTriggers(_ services: [ServiceStatus]) {
        family("watchd_trigger_breached", "1 while the trigger is breached.")
        for service in services {
            for trigger in service.triggers {
                sample(
                    "watchd_trigger_breached",
                    [
                        ("service", service.name), ("trigger", trigger.name),
                        ("severity", trigger.severity.rawValue), ("mode", trigger.mode.rawValue),
                        ("verdict", trigger.verdict.rawValue),
                    ], trigger.verdict == .breached ? 1 : 0)
            }
        }
    }

    private mutating func addIncidents(_ services: [ServiceStatus]) {
        family("watchd_incident_open", "1 while an incident of the service is not closed.")
        for service in services {
            let isOpen = service.incident.map { $0.state != .closed && !$0.isDrill } ?? false
            sample("watchd_incident_open", [("service", service.name)], isOpen ? 1 : 0)
        }
        family("watchd_incident_info", "The incident that is open.")
        for service in services {
            guard let incident = service.incident, incident.state != .closed, !incident.isDrill
            else { continue }
            sample(
                "watchd_incident_info",
                [
                    ("service", service.name), ("incident", incident.id),
                    ("state", incident.state.rawValue), ("severity", incident.severity.rawValue),
                ], 1)
        }
    }

    private mutating func addUndelivered(_ services: [ServiceStatus]) {
        family(
            "watchd_incident_page_undelivered", "1 while no channel takes the incident's last page."
        )
        for service in services {
            for incident in [service.incident, service.blindIncident].compactMap({ $0 }) {
                sample(
                    "watchd_incident_page_undelivered",
                    [("service", service.name), ("incident", incident.id)],
                    incident.undelivered == nil ? 0 : 1)
            }
        }
    }

    private mutating func addQuiet(_ report: StatusReport) {
        family("watchd_own_network_failed", "1 while nothing is judged: this host's network fails.")
        sample("watchd_own_network_failed", [], report.ownNetwork == nil ? 0 : 1)
        family("watchd_quiet", "1 while a silence or a maintenance is on.")
        for quiet in report.quiet ?? [] {
            sample(
                "watchd_quiet", [("kind", quiet.kind.rawValue), ("name", quiet.name)],
                quiet.isOn ? 1 : 0)
        }
        family("watchd_quiet_muted_pages", "Pages that it kept back.")
        for quiet in report.quiet ?? [] {
            sample(
                "watchd_quiet_muted_pages",
                [("kind", quiet.kind.rawValue), ("name", quiet.name)], Double(quiet.muted))
        }
        family("watchd_blind_incident_open", "1 while a signal cannot be measured for long.")
        for service in report.services {
            sample(
                "watchd_blind_incident_open", [("service", service.name)],
                service.blindIncident == nil ? 0 : 1)
        }
    }

    // MARK: - Format

    private mutating func family(_ name: String, _ help: String) {
        lines.append("# HELP \(name) \(help)")
        lines.append("# TYPE \(name) gauge")
    }

    private mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
        let text = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        let number =
            value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
        lines.append(labels.isEmpty ? "\(name) \(number)" : "\(name){\(text)} \(number)")
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in printable(text, limit: 500) {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            default: result.append(character)
            }
        }
        return result
    }
}
