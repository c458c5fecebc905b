// For pipelines: stands still until it is known what to think of a release.

import ArgumentParser
import WatchCore
import WatchSystem

struct WaitCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a release is good, or was found bad.",
        discussion: """
            Exit status: 0 it is good; 1 it is bad, or another release runs instead; 3 the time \
            was over, or nobody could be asked.
            """)

    private static let askEvery = Duration.seconds(2)

    @OptionGroup var common: CommonOptions
    @Argument var service: String
    @Option(help: "Default: the one that runs.") var version: String?
    @Option(name: .customLong("for"), help: "How long at most.") var time = "1h"

    func validate() throws {
        if Duration(text: time).map({ $0 <= .zero }) ?? true {
            throw ValidationError("--for '\(safe(time))' is no duration; write 30m or 2h.")
        }
    }

    /// What came of it; the last line with `--json`.
    struct Answer: Codable, Hashable, Sendable {
        enum Result: String, Codable, Hashable, Sendable {
            case good, bad, superseded
            case timeout = "time-out"
        }

        var service: String
        var version: String?
        var result: Result
        var text: String
    }

    func perform(_ session: Session) async throws(Failure) -> ExitStatus {
        let clock = SystemTime()
        let limit = Duration(text: time) ?? .hours(1)
        let deadline = clock.now().boot + limit
        var watch = ReleaseWatch(version: version)
        var said = ""
        var isFirst = true
        while true {
            do throws(Failure) {
                let body = try await session.client.get(
                    apiPath("releases") + queryString([("service", service)]))
                let lists = try session.client.decode([ReleaseList].self, body)
                if let list = lists.first, let (result, text) = watch.see(list) {
                    return try answer(result, watch.version, text, session)
                }
            } catch {
                // A watchd that is being restarted comes back.
                if isFirst || error.status != .unknown { throw error }
            }
            isFirst = false
            if watch.state != said {
                said = watch.state
                session.output.problem("\(safe(service)): \(said)")
            }
            guard clock.now().boot < deadline else {
                return try answer(
                    .timeout, watch.version, "not known after \(limit.text): \(watch.state)",
                    session)
            }
            try? await Task.sleep(for: .nanoseconds(Self.askEvery.nanoseconds))
        }
    }

    private func answer(
        _ result: Answer.Result, _ version: String?, _ text: String, _ session: Session
    ) throws(Failure) -> ExitStatus {
        let answer = Answer(service: service, version: version, result: result, text: text)
        if session.json {
            guard let bytes = try? WireJSON.encode(answer) else {
                throw Failure(.unknown, "the answer cannot be written as JSON")
            }
            session.output.json(bytes)
        } else {
            session.output.line("\(safe(service)): \(text)")
        }
        return switch result {
        case .good: .fine
        case .bad, .superseded: .badNews
        case .timeout: .unknown
        }
    }
}

/// What is known of the release that is waited for.
struct ReleaseWatch {
    /// nil: none has run yet.
    private(set) var version: String?
    /// Seen running since: another one that runs now has taken its place.
    private var hasRun = false
    private(set) var state = "no release is known to run"

    init(version: String?) { self.version = version }

    mutating func see(_ list: ReleaseList) -> (WaitCommand.Answer.Result, String)? {
        if version == nil { version = list.running }
        guard let version else { return nil }
        let shown = safe(version)
        let release = list.releases.first { $0.identity.version == version }
        if release?.standing == .bad {
            return (.bad, "\(shown) is bad: \(safe(release?.standingReason ?? ""))")
        }
        let runs = list.running == version
        if let release, release.standing == .good, runs || hasRun {
            return (.good, "\(shown) is good: \(safe(release.standingReason))")
        }
        if runs {
            hasRun = true
            let baked = release.map { ", healthy for \($0.baked.text) so far" } ?? ""
            state = "\(shown) is baking\(baked)"
            return nil
        }
        let other = list.running.map { safe($0) } ?? "nothing known"
        if hasRun { return (.superseded, "\(other) runs instead of \(shown)") }
        state = "\(shown) does not run yet, \(other) does"
        return nil
    }
}
