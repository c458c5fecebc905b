// Events and effects in a line each, for a trace.

import WatchCore

enum Describe {
    static func event(_ event: Event) -> String {
        switch event {
        case .tick: "tick"
        case .probe(let service, let probe, let result):
            "\(service)/\(probe) \(result.outcome)\(result.isRecheck ? " (recheck)" : "")"
        case .stream(let service, let stream, let batch):
            "\(service)/\(stream) \(batch.slices.map { "\($0.second):\($0.errors)/\($0.count)" }) "
                + "lines \(batch.lines) \(batch.source == .reading ? "" : "unreadable")"
        case .version(let service, let source, let reading):
            "\(service) source \(source) \(text(reading.answer)) asked "
                + "+\(reading.asked.nanoseconds / 1_000_000)ms"
        case .connectivity(let result): "connectivity: reached \(result.reached)"
        case .task(let id, let result): "task \(id) \(result.ending)"
        case .command(let command, _): "\(command)"
        case .storeFailed(let problem, let skipped): "store failed: \(problem), skipped \(skipped)"
        case .storeRecovered: "store recovered"
        case .delivery(let news): "message \(news.id) \(news.outcome)"
        }
    }

    private static func text(_ answer: VersionReading.Answer) -> String {
        switch answer {
        case .version(let version, let commit, _): "\(version) \(commit ?? "-")"
        case .unavailable(let why): "(\(why))"
        }
    }

    static func effect(_ effect: Effect) -> String {
        switch effect {
        case .persist(let transaction): persist(transaction)
        case .run(let task): "run \(task.id) \(task.action.summary)"
        case .resume(let task): "resume \(task.id)"
        case .runDry(let task): "ask \(task.id) \(task.action.summary)"
        case .cancel(let id): "cancel \(id)"
        case .readVersions(let service): "read versions of \(service)"
        case .probeNow(let service, let probes): "probe \(service) \(probes)"
        case .checkConnectivity: "check connectivity"
        case .deliver: "deliver"
        case .deliverFromMemory(let messages): "deliver from memory \(messages.map(\.id))"
        }
    }

    private static func persist(_ transaction: Transaction) -> String {
        let events = transaction.events.map { event in
            "\n      \(event.kind) \(event.service ?? "") \(event.trigger ?? "") "
                + "\(event.reason ?? ""): \(event.text)"
        }
        let messages = transaction.messages.map { outbox in
            "\n      message \(outbox.id) \(outbox.message.kind.rawValue): \(outbox.message.title)"
        }
        return "persist \(transaction.services.keys.sorted())" + events.joined()
            + messages.joined()
    }
}
