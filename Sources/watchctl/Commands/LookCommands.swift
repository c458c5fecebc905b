// Commands that look: each is an address and a rendering.

import ArgumentParser
import WatchCore

struct StatusCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How services, releases and triggers are now.",
        discussion: "Exits with 1 when an incident is open that is not recovered or cleared.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Only this service.") var service: String?

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let services: [ServiceStatus]
        if let service {
            services = [
                try await session.show(apiPath("services", service), as: ServiceStatus.self) {
                    StatusRendering.service($0, $1)
                }
            ]
        } else {
            let report = try await session.show(
                apiPath("status"), as: StatusReport.self, StatusRendering.lines)
            services = report.services
        }
        let isBad = services.contains {
            ($0.incident?.isBadNews ?? false) || ($0.blindIncident?.isBadNews ?? false)
        }
        return isBad ? .badNews : .fine
    }
}

struct IncidentsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "incidents", abstract: "The latest incidents.")

    @OptionGroup var common: CommonOptions
    @Option(help: "At most so many.") var limit = 20

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        _ = try await session.show(
            apiPath("incidents") + queryString([("limit", "\(limit)")]),
            as: [IncidentRecord].self, IncidentRendering.list)
        return .fine
    }
}

struct IncidentCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "incident", abstract: "One incident: breaches, decision, steps, timeline.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "For instance shop-17.") var id: String

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        _ = try await session.show(
            apiPath("incidents", id), as: IncidentDetail.self, IncidentRendering.lines)
        return .fine
    }
}

struct ExplainCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Operand by operand, why a trigger's verdict is what it is.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "For instance \"shop/5xx storm\".")
    var trigger: String

    func validate() throws {
        let parts = split
        if parts.count != 2 || parts.contains("") {
            throw ValidationError("Write SERVICE/TRIGGER, for instance \"shop/5xx storm\".")
        }
    }

    private var split: [String] {
        trigger.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            .map(String.init)
    }

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        _ = try await session.show(
            apiPath("services", split[0], "triggers", split[1], "explain"),
            as: Explanation.self, ListRendering.explanation)
        return .fine
    }
}

struct DeliveriesCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "deliveries", abstract: "Messages: what was sent, what waits, what failed.")

    @OptionGroup var common: CommonOptions
    @Option(help: "At most so many.") var limit = 50

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        _ = try await session.show(
            apiPath("deliveries") + queryString([("limit", "\(limit)")]),
            as: [Delivery].self, ListRendering.deliveries)
        return .fine
    }
}
