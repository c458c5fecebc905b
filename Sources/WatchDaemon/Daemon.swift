// The wiring: opens what must be opened, connects threads to the engine and the engine to its
// hands, and takes it all down in order. A library, so that tests can run the daemon in-process.

import FoundationEssentials
public import Logging
import ServiceLifecycle
import UnixSignals
import WatchActions
import WatchConfig
import WatchControl
import WatchCore
import WatchHTTP
import WatchProbes
import WatchStore
import WatchStreams
import WatchSystem

public struct Daemon: Sendable {
    public static let version = Product.version

    private let options: DaemonOptions
    private let logger: Logger

    public init(options: DaemonOptions, logger: Logger) {
        self.options = options
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT (or cancellation). Steps that run go on without us.
    /// - Throws: `DaemonError` when it cannot start.
    public func run() async throws {
        let configuration = try loadConfiguration()
        let parts = try Parts(options: options, configuration: configuration, logger: logger)
        try await parts.start()
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: parts.server, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: HangupService { _ = await parts.reloader.reload(by: "SIGHUP") }),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger))
        let result = await Result { try await group.run() }
        await parts.stop()
        do {
            try result.get()
        } catch let error as ControlError {
            throw DaemonError.socket(error.description)
        }
    }

    private var quietLogger: Logger {
        var quiet = logger
        if quiet.logLevel < .warning { quiet.logLevel = .warning }
        return quiet
    }

    private func loadConfiguration() throws -> WatchCore.Configuration {
        let result = Reloader.load(options.configuration)
        guard let configuration = result.configuration else {
            throw DaemonError.configuration(result.diagnostics.map(\.text))
        }
        for diagnostic in result.diagnostics { logger.warning("\(diagnostic.text)") }
        for text in HTTPLibrary.shortcomings { logger.warning("\(text)") }
        let limit = DescriptorLimit.raise()
        if let complaint = DescriptorNeed(configuration).complaint(limit: limit) {
            logger.error("\(complaint)")
        }
        return configuration
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
