// Whoever approves hears what the gates say, as whoever asks for a rollback does.

import TestServers
import Testing
import WatchCore

@Suite(.enabled(if: runsAsRoot, "root may act without groups")) struct ApprovalWaitTests {
    private func run(
        _ server: RunningServer, _ arguments: String...
    ) async throws -> ProgramResult {
        try await watchctl(arguments + ["--socket", server.path])
    }

    @Test func anApprovalThatAGateRefusesExitsWithFourAndSaysWhy() async throws {
        try await withServer { server in
            server.backend.set(
                reply: CommandReply(
                    status: .done, message: "rollback shop-17-r1 is accepted",
                    incident: "shop-17", rollback: "shop-17-r1"))
            var incident = Fixtures.incident
            incident.reason = "gate-blocked:migration"
            incident.rollbacks[0].steps.removeLast(2)
            incident.rollbacks[0].state = .aborted
            incident.rollbacks[0].ended = Fixtures.now
            incident.rollbacks[0].note = "gate migration failed with exit status 10"
            server.backend.set(incident: incident)
            let result = try await run(server, "approve", "shop-17", "--method", "symlink")
            #expect(result.status == 4)
            #expect(
                result.errors.contains(
                    "refused (gate-blocked:migration): gate migration failed with exit status 10"))
            let hasty = try await run(server, "approve", "shop-17", "--no-wait")
            #expect(hasty.status == 0)
            // The first of two approvals begins nothing that could be waited for.
            server.backend.set(
                reply: CommandReply(status: .done, message: "waits", incident: "shop-17"))
            #expect(try await run(server, "approve", "shop-17").status == 0)
        }
    }
}
