// SIGHUP and `watchctl reload`: the whole new configuration is checked first, then swapped in. A
// bad one changes nothing.

import Logging
import WatchConfig
import WatchCore
import WatchSystem

actor Reloader {
    /// What has to hear of a new configuration.
    struct Listeners: Sendable {
        var engine: @Sendable (Configuration) async -> Void
        var others: @Sendable (Configuration) async -> Void
    }

    private let path: String
    private let manager: ServiceManager
    private let time: any TimeSource
    private let logger: Logger
    private var listeners: Listeners?
    /// The reload that was asked for last.
    private var last: Task<CommandReply, Never>?

    init(path: String, manager: ServiceManager, time: any TimeSource, logger: Logger) {
        self.path = path
        self.manager = manager
        self.time = time
        self.logger = logger
    }

    func connect(_ listeners: Listeners) { self.listeners = listeners }

    /// One at a time, in the order in which they are asked for: of two at once, one would hand on
    /// its configuration in the middle of the other's.
    func reload(by whom: String) async -> CommandReply {
        let task = Task { [last] in
            _ = await last?.value
            return await reloadNow(by: whom)
        }
        last = task
        return await task.value
    }

    private func reloadNow(by whom: String) async -> CommandReply {
        manager.reloading(at: time.now())
        defer { manager.ready("configuration of \(path)") }
        let result = Self.load(path)
        let texts = result.diagnostics.map(\.text)
        guard let configuration = result.configuration else {
            logger.error("reload refused, nothing changed:\n\(texts.joined(separator: "\n"))")
            return CommandReply(
                status: .refused, reason: "invalid-configuration",
                message: "nothing was changed; the new configuration is not good:\n"
                    + texts.joined(separator: "\n"))
        }
        for text in texts { logger.warning("\(text)") }
        await listeners?.engine(configuration)
        await listeners?.others(configuration)
        logger.notice("configuration loaded again, asked by \(whom)")
        let warnings = texts.isEmpty ? "" : ":\n" + texts.joined(separator: "\n")
        let count = texts.isEmpty ? "" : ", with \(counted(texts.count, "warning"))"
        return CommandReply(
            status: .done,
            message:
                "\(counted(configuration.services.count, "service")), "
                + "configuration of \(path)\(count)"
                + warnings)
    }

    /// Reads the main file and its `conf.d`, secrets included: one that cannot be read is an error
    /// now, not at 3 a.m.
    static func load(_ path: String) -> LoadResult {
        ConfigurationLoader.load(
            paths: ConfigurationLoader.expand(mainFile: path), checkSecrets: SystemSecrets())
    }
}
